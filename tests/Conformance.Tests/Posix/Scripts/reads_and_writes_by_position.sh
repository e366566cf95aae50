python3 - <<'P'
import os
fd = os.open("f", os.O_CREAT | os.O_EXCL | os.O_RDWR)
assert os.pwrite(fd, b"later", 100) == 5
assert os.pread(fd, 10, 0) == b"\0" * 10
assert os.pread(fd, 10, 100) == b"later"
assert os.pread(fd, 10, 105) == b""
assert os.fstat(fd).st_size == 105
os.fsync(fd); os.fdatasync(fd)
os.ftruncate(fd, 102)
other = os.open("f", os.O_RDONLY)
assert os.pread(other, 10, 98) == b"\0\0la"
os.pwrite(fd, b"X", 0)
assert os.pread(other, 1, 0) == b"X"
assert os.lseek(fd, 0, os.SEEK_END) == 102
os.utime(fd, ns=(1_000_000_001, 2_000_000_002))
assert os.fstat(fd).st_mtime_ns == 2_000_000_002
os.close(fd)
assert os.stat("f").st_mtime_ns == 2_000_000_002
assert os.pread(other, 1, 101) == b"a"
os.close(other)
folder = os.open(".", os.O_RDONLY)
os.fsync(folder)
os.close(folder)
P
