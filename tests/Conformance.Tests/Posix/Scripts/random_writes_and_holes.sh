for f in f "$OUTSIDE/f"; do bytes 1 1000000 >"$f"; done
for at in 0 999 77777 131071 500001 999000 1500000; do
    for f in f "$OUTSIDE/f"; do bytes $at 1000 | dd of="$f" bs=1 seek=$at conv=notrunc status=none; done
done
cmp f "$OUTSIDE/f"
for f in hole "$OUTSIDE/hole"; do
    dd if=/dev/null of="$f" bs=1 seek=3000000 status=none
    printf middle | dd of="$f" bs=1 seek=1234567 conv=notrunc status=none
done
cmp hole "$OUTSIDE/hole"
cp --sparse=always hole sparse; cmp hole sparse
cp --reflink=auto f copy; cmp f copy
cp --sparse=never "$OUTSIDE/hole" plain; cmp hole plain
fallocate -l 5000 f 2>/dev/null || true; is "$(stat -c %s f)" 1501000
