echo x >f; mkdir d
python3 - <<'P'
import errno, os
def refused(code, call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        assert error.errno == code, (call, arguments, error)
        return
    raise AssertionError((call, arguments, "was allowed"))
refused(errno.ENOENT, os.open, "none", os.O_RDONLY)
refused(errno.ENOENT, os.unlink, "none")
refused(errno.ENOENT, os.open, "none/f", os.O_CREAT | os.O_WRONLY)
refused(errno.ENOTDIR, os.open, "f/g", os.O_CREAT | os.O_WRONLY)
refused(errno.ENOTDIR, os.listdir, "f")
refused(errno.EEXIST, os.open, "f", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
refused(errno.EEXIST, os.mkdir, "d")
refused(errno.EISDIR, os.open, "d", os.O_WRONLY)
refused(errno.EISDIR, os.unlink, "d")
refused(errno.ENAMETOOLONG, os.mkdir, "n" * 256)
fd = os.open("f", os.O_RDONLY)
refused(errno.EBADF, os.write, fd, b"x")
refused(errno.EINVAL, os.ftruncate, fd, 1)
os.close(fd)
fd = os.open("f", os.O_WRONLY)
refused(errno.EBADF, os.read, fd, 1)
refused(errno.EINVAL, os.lseek, fd, -1, os.SEEK_SET)
os.close(fd)
P
is "$(cat f)" x
