namespace Fsp;

// The compiler copies these values into whoever uses them, so they must be the binding's to the bit.
public partial class FileSystemBase
{
    public const uint CleanupDelete = 0x01;
    public const uint CleanupSetAllocationSize = 0x02;
    public const uint CleanupSetArchiveBit = 0x10;
    public const uint CleanupSetLastAccessTime = 0x20;
    public const uint CleanupSetLastWriteTime = 0x40;
    public const uint CleanupSetChangeTime = 0x80;

    public const uint FILE_DIRECTORY_FILE = 0x00000001;
    public const uint FILE_WRITE_THROUGH = 0x00000002;
    public const uint FILE_SEQUENTIAL_ONLY = 0x00000004;
    public const uint FILE_NO_INTERMEDIATE_BUFFERING = 0x00000008;
    public const uint FILE_NON_DIRECTORY_FILE = 0x00000040;
    public const uint FILE_NO_EA_KNOWLEDGE = 0x00000200;
    public const uint FILE_RANDOM_ACCESS = 0x00000800;
    public const uint FILE_DELETE_ON_CLOSE = 0x00001000;
    public const uint FILE_OPEN_FOR_BACKUP_INTENT = 0x00004000;
    public const uint FILE_OPEN_REPARSE_POINT = 0x00200000;
    public const uint FILE_OPEN_NO_RECALL = 0x00400000;

    public const int STATUS_SUCCESS = 0x00000000;
    public const int STATUS_PENDING = 0x00000103;
    public const int STATUS_BUFFER_OVERFLOW = unchecked((int)0x80000005);
    public const int STATUS_INVALID_HANDLE = unchecked((int)0xC0000008);
    public const int STATUS_INVALID_PARAMETER = unchecked((int)0xC000000D);
    public const int STATUS_INVALID_DEVICE_REQUEST = unchecked((int)0xC0000010);
    public const int STATUS_END_OF_FILE = unchecked((int)0xC0000011);
    public const int STATUS_ACCESS_DENIED = unchecked((int)0xC0000022);
    public const int STATUS_BUFFER_TOO_SMALL = unchecked((int)0xC0000023);
    public const int STATUS_OBJECT_NAME_INVALID = unchecked((int)0xC0000033);
    public const int STATUS_OBJECT_NAME_NOT_FOUND = unchecked((int)0xC0000034);
    public const int STATUS_OBJECT_NAME_COLLISION = unchecked((int)0xC0000035);
    public const int STATUS_OBJECT_PATH_NOT_FOUND = unchecked((int)0xC000003A);
    public const int STATUS_SHARING_VIOLATION = unchecked((int)0xC0000043);
    public const int STATUS_QUOTA_EXCEEDED = unchecked((int)0xC0000044);
    public const int STATUS_EAS_NOT_SUPPORTED = unchecked((int)0xC000004F);
    public const int STATUS_DELETE_PENDING = unchecked((int)0xC0000056);
    public const int STATUS_LOGON_FAILURE = unchecked((int)0xC000006D);
    public const int STATUS_DISK_FULL = unchecked((int)0xC000007F);
    public const int STATUS_INSUFFICIENT_RESOURCES = unchecked((int)0xC000009A);
    public const int STATUS_MEDIA_WRITE_PROTECTED = unchecked((int)0xC00000A2);
    public const int STATUS_IO_TIMEOUT = unchecked((int)0xC00000B5);
    public const int STATUS_FILE_IS_A_DIRECTORY = unchecked((int)0xC00000BA);
    public const int STATUS_NOT_SUPPORTED = unchecked((int)0xC00000BB);
    public const int STATUS_NETWORK_BUSY = unchecked((int)0xC00000BF);
    public const int STATUS_UNEXPECTED_NETWORK_ERROR = unchecked((int)0xC00000C4);
    public const int STATUS_NOT_SAME_DEVICE = unchecked((int)0xC00000D4);
    public const int STATUS_CANT_WAIT = unchecked((int)0xC00000D8);
    public const int STATUS_UNEXPECTED_IO_ERROR = unchecked((int)0xC00000E9);
    public const int STATUS_DIRECTORY_NOT_EMPTY = unchecked((int)0xC0000101);
    public const int STATUS_NOT_A_DIRECTORY = unchecked((int)0xC0000103);
    public const int STATUS_NAME_TOO_LONG = unchecked((int)0xC0000106);
    public const int STATUS_CANCELLED = unchecked((int)0xC0000120);
    public const int STATUS_CANNOT_DELETE = unchecked((int)0xC0000121);
    public const int STATUS_IO_DEVICE_ERROR = unchecked((int)0xC0000185);
    public const int STATUS_NETWORK_UNREACHABLE = unchecked((int)0xC000023C);
    public const int STATUS_HOST_UNREACHABLE = unchecked((int)0xC000023D);
    public const int STATUS_FILE_TOO_LARGE = unchecked((int)0xC0000904);
}
