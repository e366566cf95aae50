# Read before every script. The current folder is the one under test, $OUTSIDE is on a local disk.
set -eu -o pipefail
fail() { printf '%s\n' "$*" >&2; exit 1; }
# is WHAT EXPECTED
is() { [ "$1" = "$2" ] || fail "is: $1"$'\n'"expected: $2"; }
# refuses TEXT COMMAND...: fails, and says TEXT.
refuses() {
    local text=$1 said
    shift
    if said=$("$@" 2>&1); then fail "did not fail: $*"; fi
    [[ $said == *"$text"* ]] || fail "$* said: $said"
}
# bytes SEED COUNT: the same bytes whenever asked; they do not compress.
bytes() { perl -e 'srand(shift); my $left = shift; while ($left > 0) { my $part = pack("L*", map { rand(2**32) } 1..4096); print substr($part, 0, $left); $left -= 16384 }' "$1" "$2"; }
# attributes FOLDER: name, mode, time and size of everything below.
attributes() { (cd "$1" && find . -type d -printf '%p %m %T@ d\n' -o -printf '%p %m %T@ %s %y\n' | LC_ALL=C sort); }
# a tree with everything ordinary in it.
make_tree() {
    mkdir -p "$1/photos/2024/raw" "$1/docs" "$1/name with spaces/em🎉ji"
    local i
    for i in 1 2 3; do bytes $i $((i * 70001)) >"$1/photos/2024/image$i.jpg"; done
    bytes 9 1048576 >"$1/photos/2024/raw/exactly-a-mebibyte.bin"
    echo text >"$1/docs/read me.txt"
    : >"$1/docs/empty"
    echo "100%" >"$1/name with spaces/em🎉ji/it's \"quoted\" & 100%.txt"
    chmod 600 "$1/docs/read me.txt"
    chmod 755 "$1/docs/empty"
    chmod 750 "$1/photos/2024"
    touch -d '2020-01-02 03:04:05.123456789' "$1/photos/2024/image1.jpg" "$1/docs/empty"
    touch -d '1999-12-31 23:59:59' "$1/photos" "$1/docs"
}
