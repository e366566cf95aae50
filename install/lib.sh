# Shared by the scripts beside it. Sourced, not run.

# need_packages COMMAND:PACKAGE... installs the packages whose command is missing. Only root installs; others are told.
need_packages() {
    local missing=() pair
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || missing+=("${pair#*:}")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "missing packages: ${missing[*]}; install them as root: apt-get install ${missing[*]}" >&2
        return 1
    fi
    echo "installing: ${missing[*]}"
    # A fresh container has no package lists; a stale one has lists that name files no longer there. Update, then once more.
    apt_install "${missing[@]}" || { apt_update && apt_install "${missing[@]}"; } || {
        echo "cannot install: ${missing[*]}" >&2
        return 1
    }
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null 2>&1
}

apt_update() {
    DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null 2>&1
}

need_sdk() {
    command -v dotnet >/dev/null 2>&1 && dotnet --list-sdks 2>/dev/null | grep -q '^10\.' && return 0
    echo "the .NET 10 SDK is needed: https://dotnet.microsoft.com/download" >&2
    return 1
}

# No colours, no greeting, no server process that outlives the script, no telemetry.
quiet_dotnet() {
    export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
    export DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1 MSBUILDTERMINALLOGGER=off NO_COLOR=1 TERM=dumb
}
