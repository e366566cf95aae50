#!/bin/sh
# Installs imagekitfs on a Linux machine without dpkg, from the unpacked archive that this script lies in:
#   ./install.sh                     for everyone to /usr/local (as root), else for you to ~/.local
#   ./install.sh --prefix DIR        somewhere else
#   ./install.sh --remove            takes back what it put there; accounts, caches and unsent changes stay
# Running it again updates: mounts that run go on with the program that they were started with.
set -eu

from=$(dirname "$0")
prefix=
remove=
while [ $# -gt 0 ]; do
    case "$1" in
        --from) from=$2; shift 2 ;;
        --prefix) prefix=$2; shift 2 ;;
        --remove) remove=yes; shift ;;
        *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
    esac
done

everyone=
if [ -z "$prefix" ]; then
    if [ "$(id -u)" -eq 0 ]; then prefix=/usr/local everyone=yes; else prefix=$HOME/.local; fi
fi
case "$prefix" in
    /*) ;;
    *) prefix=$PWD/$prefix ;;
esac

lib=$prefix/lib/imagekitfs
helpers='mount.imagekitfs umount.imagekitfs mount.fuse.imagekitfs umount.fuse.imagekitfs'
if [ "$(id -u)" -eq 0 ]; then units=$prefix/lib/systemd/system unit=systemd/imagekitfs@.service; else units=$prefix/share/systemd/user unit=systemd/user/imagekitfs@.service; fi

# mount(8) looks for its helpers in /sbin alone. Somebody else's are left alone.
is_ours() { [ -L "$1" ] && [ "$(readlink "$1")" = "$lib/imagekitfs" ]; }

if [ -n "$remove" ]; then
    rm -f "$lib/imagekitfs" "$lib/libe_sqlite3.so" "$prefix/bin/imagekitfs" "$units/imagekitfs@.service" \
        "$prefix/share/man/man1/imagekitfs.1.gz" "$prefix/share/man/man8/mount.imagekitfs.8.gz" \
        "$prefix/share/bash-completion/completions/imagekitfs" "$prefix/share/zsh/site-functions/_imagekitfs" "$prefix/share/fish/vendor_completions.d/imagekitfs.fish"
    rmdir "$lib" 2>/dev/null || true
    for helper in $helpers; do
        if is_ours "/sbin/$helper"; then rm -f "/sbin/$helper"; fi
    done
    echo "Removed imagekitfs from $prefix"
    exit 0
fi

[ -e "$from/imagekitfs" ] || { echo "there is no program beside $0; unpack the archive whole" >&2; exit 1; }

# put FILE TARGET MODE: under another name first, so that a running program keeps its file.
put() {
    mkdir -p "$(dirname "$2")"
    cp -L "$1" "$2.new"
    chmod "$3" "$2.new"
    mv -f "$2.new" "$2"
}

put "$from/libe_sqlite3.so" "$lib/libe_sqlite3.so" 644
put "$from/imagekitfs" "$lib/imagekitfs" 755
mkdir -p "$prefix/bin" "$units"
ln -sfn "$lib/imagekitfs" "$prefix/bin/imagekitfs"
put "$from/completions/imagekitfs.bash" "$prefix/share/bash-completion/completions/imagekitfs" 644
put "$from/completions/_imagekitfs" "$prefix/share/zsh/site-functions/_imagekitfs" 644
put "$from/completions/imagekitfs.fish" "$prefix/share/fish/vendor_completions.d/imagekitfs.fish" 644
for page in man1/imagekitfs.1.gz man8/mount.imagekitfs.8.gz; do
    if [ -e "$from/man/$page" ]; then put "$from/man/$page" "$prefix/share/man/$page" 644; fi
done
sed "s:^ExecStart=/usr/bin/:ExecStart=$prefix/bin/:" "$from/$unit" >"$units/imagekitfs@.service"
if [ -n "$everyone" ]; then
    for helper in $helpers; do
        if is_ours "/sbin/$helper" || [ ! -e "/sbin/$helper" ]; then ln -sfn "$lib/imagekitfs" "/sbin/$helper"; fi
    done
fi

echo "Installed $prefix/bin/imagekitfs"
command -v fusermount3 >/dev/null || echo "Mounting needs fusermount3 too: install the package fuse3"
case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) echo "Add $prefix/bin to your PATH" ;;
esac
