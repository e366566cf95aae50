bytes 1 300000 >f; cp f "$OUTSIDE/f"
python3 - f "$OUTSIDE/f" <<'P'
import mmap, sys
for name in sys.argv[1:]:
    file = open(name, "r+b")
    shared = mmap.mmap(file.fileno(), 0)
    shared[1000:1006] = b"synced"
    shared.flush()
    file.close()
    shared[200000:200006] = b"closed"  # after the last close
    shared.close()
    file = open(name, "rb")
    private = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    assert private[1000:1006] == b"synced" and private[200000:200006] == b"closed"
P
cmp f "$OUTSIDE/f"
