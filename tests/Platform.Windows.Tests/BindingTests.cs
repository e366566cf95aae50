using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fsp;
using Fsp.Interop;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

/// <summary>The reference that we compile against is the binding's, to the bit: winfsp.md section 3.</summary>
public sealed class BindingTests
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [Fact]
    public void The_assembly_has_the_bindings_identity()
    {
        AssemblyName name = typeof(FileSystemBase).Assembly.GetName();

        Assert.Equal(("winfsp-msil", new Version(2, 0, 0, 0)), (name.Name, name.Version));
        Assert.Empty(name.GetPublicKeyToken() ?? []);
    }

    [Theory]
    [InlineData(typeof(FileSystemBase), """
        bool GetStreamEntry(object, object, ref object, out string, out ulong, out ulong) virtual
        bool ReadDirectoryEntry(object, object, string, string, ref object, out string, out FileInfo) virtual
        int CanDelete(object, object, string) virtual
        int Control(object, object, uint, IntPtr, uint, IntPtr, uint, out uint) virtual
        int Create(string, uint, uint, uint, byte[], ulong, out object, out object, out FileInfo, out string) virtual
        int CreateEx(string, uint, uint, uint, byte[], ulong, IntPtr, uint, bool, out object, out object, out FileInfo, out string) virtual
        int ExceptionHandler(Exception) virtual
        int Flush(object, object, out FileInfo) virtual
        int GetDirInfoByName(object, object, string, out string, out FileInfo) virtual
        int GetFileInfo(object, object, out FileInfo) virtual
        int GetOperationProcessId() static
        int GetSecurity(object, object, ref byte[]) virtual
        int GetSecurityByName(string, out uint, ref byte[]) virtual
        int GetStreamInfo(object, object, IntPtr, uint, out uint) virtual
        int GetVolumeInfo(out VolumeInfo) virtual
        int Init(object) virtual
        int ModifySecurityDescriptorEx(byte[], AccessControlSections, byte[], ref byte[]) static
        int Mounted(object) virtual
        int NtStatusFromWin32(uint) static
        int Open(string, uint, uint, out object, out object, out FileInfo, out string) virtual
        int Overwrite(object, object, uint, bool, ulong, out FileInfo) virtual
        int OverwriteEx(object, object, uint, bool, ulong, IntPtr, uint, out FileInfo) virtual
        int Read(object, object, IntPtr, ulong, uint, out uint) virtual
        int ReadDirectory(object, object, string, string, IntPtr, uint, out uint) virtual
        int Rename(object, object, string, string, bool) virtual
        int SeekableReadDirectory(object, object, string, string, IntPtr, uint, out uint)
        int SetBasicInfo(object, object, uint, ulong, ulong, ulong, ulong, out FileInfo) virtual
        int SetDelete(object, object, string, bool) virtual
        int SetFileSize(object, object, ulong, bool, out FileInfo) virtual
        int SetSecurity(object, object, AccessControlSections, byte[]) virtual
        int SetVolumeLabel(string, out VolumeInfo) virtual
        int Write(object, object, IntPtr, ulong, uint, bool, bool, out uint, out FileInfo) virtual
        uint Win32FromNtStatus(int) static
        void Cleanup(object, object, string, uint) virtual
        void Close(object, object) virtual
        void DispatcherStopped(bool) virtual
        void StopServiceIfNecessary(bool)
        void Unmounted(object) virtual
        """)]
    [InlineData(typeof(FileSystemHost), """
        FileSystemBase FileSystem()
        IntPtr FileSystemHandle()
        Version Version() static
        int Mount(string, byte[] = null, bool = False, uint = 0)
        int MountEx(string, uint, byte[] = null, bool = False, uint = 0)
        int Notify(NotifyInfo[])
        int NotifyBegin(uint)
        int NotifyEnd()
        int Preflight(string)
        int SetDebugLogFile(string) static
        string MountPoint()
        ulong GetOperationRequestHint()
        void Dispose()
        void Dispose(bool) virtual
        void SendReadDirectoryResponse(ulong, int, uint)
        void SendReadResponse(ulong, int, uint)
        void SendWriteResponse(ulong, int, uint, ref FileInfo)
        void Unmount()
        """)]
    public void Every_call_has_the_bindings_signature(Type type, string expected)
    {
        IEnumerable<string> calls = type.GetMethods(All).Where(method => !method.IsSpecialName && (method.IsPublic || method.IsFamily)).Select(Describe);

        Assert.Equal(expected.ReplaceLineEndings("\n"), string.Join('\n', calls.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void The_host_has_every_parameter_that_we_set()
    {
        string[] bools =
        [
            "AllowOpenInKernelMode", "CasePreservedNames", "CaseSensitiveSearch", "DeviceControl", "ExtendedAttributes", "FlushAndPurgeOnCleanup", "NamedStreams",
            "PassQueryDirectoryFileName", "PassQueryDirectoryPattern", "PersistentAcls", "PostCleanupWhenModifiedOnly", "PostDispositionWhenNecessaryOnly",
            "RejectIrpPriorToTransact0", "ReparsePoints", "ReparsePointsAccessCheck", "SupportsPosixUnlinkRename", "UnicodeOnDisk", "WslFeatures",
        ];
        string[] numbers = ["DirInfoTimeout", "EaTimeout", "FileInfoTimeout", "SecurityTimeout", "StreamInfoTimeout", "VolumeInfoTimeout", "VolumeSerialNumber"];

        Assert.Equal(bools, Properties(typeof(bool)));
        Assert.Equal(numbers, Properties(typeof(uint)));
        Assert.Equal(["MaxComponentLength", "SectorSize", "SectorsPerAllocationUnit"], Properties(typeof(ushort)));
        Assert.Equal(["VolumeCreationTime"], Properties(typeof(ulong)));
        Assert.Equal(["FileSystemName", "Prefix"], Properties(typeof(string)));

        static IEnumerable<string> Properties(Type type) =>
            typeof(FileSystemHost).GetProperties().Where(property => property.PropertyType == type && property.CanWrite).Select(property => property.Name).Order(StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("CleanupDelete", 0x01)]
    [InlineData("CleanupSetAllocationSize", 0x02)]
    [InlineData("CleanupSetArchiveBit", 0x10)]
    [InlineData("CleanupSetLastAccessTime", 0x20)]
    [InlineData("CleanupSetLastWriteTime", 0x40)]
    [InlineData("CleanupSetChangeTime", 0x80)]
    [InlineData("FILE_DIRECTORY_FILE", 0x1)]
    [InlineData("FILE_WRITE_THROUGH", 0x2)]
    [InlineData("FILE_SEQUENTIAL_ONLY", 0x4)]
    [InlineData("FILE_NO_INTERMEDIATE_BUFFERING", 0x8)]
    [InlineData("FILE_NON_DIRECTORY_FILE", 0x40)]
    [InlineData("FILE_NO_EA_KNOWLEDGE", 0x200)]
    [InlineData("FILE_RANDOM_ACCESS", 0x800)]
    [InlineData("FILE_DELETE_ON_CLOSE", 0x1000)]
    [InlineData("FILE_OPEN_FOR_BACKUP_INTENT", 0x4000)]
    [InlineData("FILE_OPEN_REPARSE_POINT", 0x200000)]
    [InlineData("FILE_OPEN_NO_RECALL", 0x400000)]
    public void Every_flag_has_the_bindings_value(string name, uint value) =>
        Assert.Equal(value, typeof(FileSystemBase).GetField(name)!.GetRawConstantValue());

    [Fact]
    public void Every_status_has_the_bindings_value_in_the_reference_and_in_our_table()
    {
        const string Table = """
            SUCCESS=00000000 PENDING=00000103 BUFFER_OVERFLOW=80000005 INVALID_HANDLE=C0000008 INVALID_PARAMETER=C000000D
            INVALID_DEVICE_REQUEST=C0000010 END_OF_FILE=C0000011 ACCESS_DENIED=C0000022 BUFFER_TOO_SMALL=C0000023
            OBJECT_NAME_INVALID=C0000033 OBJECT_NAME_NOT_FOUND=C0000034 OBJECT_NAME_COLLISION=C0000035
            OBJECT_PATH_NOT_FOUND=C000003A SHARING_VIOLATION=C0000043 QUOTA_EXCEEDED=C0000044 EAS_NOT_SUPPORTED=C000004F
            DELETE_PENDING=C0000056 LOGON_FAILURE=C000006D DISK_FULL=C000007F INSUFFICIENT_RESOURCES=C000009A
            MEDIA_WRITE_PROTECTED=C00000A2 IO_TIMEOUT=C00000B5 FILE_IS_A_DIRECTORY=C00000BA NOT_SUPPORTED=C00000BB
            NETWORK_BUSY=C00000BF UNEXPECTED_NETWORK_ERROR=C00000C4 NOT_SAME_DEVICE=C00000D4 CANT_WAIT=C00000D8
            UNEXPECTED_IO_ERROR=C00000E9 DIRECTORY_NOT_EMPTY=C0000101 NOT_A_DIRECTORY=C0000103 NAME_TOO_LONG=C0000106
            CANCELLED=C0000120 CANNOT_DELETE=C0000121 IO_DEVICE_ERROR=C0000185 NETWORK_UNREACHABLE=C000023C
            HOST_UNREACHABLE=C000023D FILE_TOO_LARGE=C0000904
            """;
        Dictionary<string, int> expected = Table.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(row => row.Split('='))
            .ToDictionary(row => "STATUS_" + row[0], row => unchecked((int)Convert.ToUInt32(row[1], 16)));

        Assert.Equal(expected, Statuses(typeof(NtStatus)));
        Assert.Equal(expected, Statuses(typeof(FileSystemBase)));

        static Dictionary<string, int> Statuses(Type type) => type.GetFields(All).Where(field => field.Name.StartsWith("STATUS_", StringComparison.Ordinal))
            .ToDictionary(field => field.Name, field => (int)field.GetRawConstantValue()!);
    }

    [Fact]
    public void Every_notification_has_the_bindings_value()
    {
        Assert.Equal(
            ["Added=1", "Removed=2", "Modified=3", "RenamedOldName=4", "RenamedNewName=5", "AddedStream=6", "RemovedStream=7", "ModifiedStream=8", "RemovedByDelete=9",
                "IdNotTunnelled=10", "TunnelledIdCollision=11"],
            Enum.GetValues<NotifyAction>().Select(action => $"{action}={(uint)action}"));
        Assert.Equal(
            ["None=0", "ChangeFileName=1", "ChangeDirName=2", "ChangeName=3", "ChangeAttributes=4", "ChangeSize=8", "ChangeLastWrite=10", "ChangeLastAccess=20", "ChangeCreation=40",
                "ChangeEa=80", "ChangeSecurity=100", "ChangeStreamName=200", "ChangeStreamSize=400", "ChangeStreamWrite=800"],
            Enum.GetValues<NotifyFilter>().Select(filter => $"{filter}={(uint)filter:x}"));
    }

    [Fact]
    public void Structures_have_the_bindings_sizes_and_their_fields_its_places()
    {
        Assert.Equal(72, Unsafe.SizeOf<Fsp.Interop.FileInfo>());
        Assert.Equal(88, Unsafe.SizeOf<VolumeInfo>());
        Assert.Equal(
            ["FileAttributes 0", "ReparseTag 4", "AllocationSize 8", "FileSize 16", "CreationTime 24", "LastAccessTime 32", "LastWriteTime 40", "ChangeTime 48", "IndexNumber 56", "HardLinks 64"],
            typeof(Fsp.Interop.FileInfo).GetFields().Select(field => $"{field.Name} {Marshal.OffsetOf<Fsp.Interop.FileInfo>(field.Name)}"));
        VolumeInfo volume = new() { TotalSize = 1, FreeSize = 2 };
        volume.SetVolumeLabel("ab");
        byte[] wire = MemoryMarshal.AsBytes(new ReadOnlySpan<VolumeInfo>(in volume)).ToArray();
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, (byte)'a', 0, (byte)'b', 0], wire[..22]);
        Fsp.Interop.FileInfo file = new() { EaSize = 7 };
        Assert.Equal(7, MemoryMarshal.AsBytes(new ReadOnlySpan<Fsp.Interop.FileInfo>(in file))[68]);
    }

    [Fact]
    public void Every_callback_of_ours_overrides_one_of_the_binding() => Assert.Empty(BindingCheck.Run());

    [Fact]
    public void A_callback_that_overrides_nothing_is_found() =>
        Assert.Equal(["GetFileInfo has other parameters"], BindingCheck.Run(typeof(WronglyTyped)));

    [Fact]
    public void Each_way_in_which_WinFsp_can_be_missing_has_its_own_cause()
    {
        Assert.Equal(WinFspFailure.NotInstalled, Cause(new FileNotFoundException("x", "winfsp-msil, Version=2.0.0.0")));
        Assert.Equal(WinFspFailure.Incomplete, Cause(new TypeInitializationException("Fsp.Interop.Api", new DllNotFoundException())));
        Assert.Equal(WinFspFailure.Incomplete, Cause(new BadImageFormatException()));
        Assert.Equal(WinFspFailure.WrongVersion, Cause(new TypeInitializationException("Fsp.Interop.Api", new TypeLoadException("incorrect dll version (need 2.0, have 1.6)"))));
        Assert.Equal(WinFspFailure.WrongVersion, Cause(new TypeInitializationException("a", new TypeInitializationException("b", new MissingMethodException()))));
        Assert.Null(Cause(new FileNotFoundException("x", "other.dll")));
        Assert.Null(Cause(new InvalidOperationException()));

        static WinFspFailure? Cause(Exception exception) => WinFspBinding.Explain(exception)?.Failure;
    }

    [Fact]
    public void Nothing_of_the_binding_is_copied_beside_the_product() =>
        Assert.DoesNotContain(
            "winfsp-msil.dll", Directory.EnumerateFiles(ProductFolder(), "*", SearchOption.AllDirectories).Select(Path.GetFileName));

    private static string ProductFolder()
    {
        string tests = AppContext.BaseDirectory.TrimEnd('/', '\\');
        return Path.Combine(tests, "..", "..", "ImageKitFs.Platform.Windows", Path.GetFileName(tests));
    }

    private static string Describe(MethodInfo method) =>
        $"{Name(method.ReturnType)} {method.Name}({string.Join(", ", method.GetParameters().Select(Describe))})"
        + (method.IsStatic ? " static" : method is { IsVirtual: true, IsFinal: false } ? " virtual" : "");

    private static string Describe(ParameterInfo parameter)
    {
        string type = Name(parameter.ParameterType);
        string text = parameter.IsOut ? $"out {type}" : parameter.ParameterType.IsByRef ? $"ref {type}" : type;
        return parameter.HasDefaultValue ? $"{text} = {parameter.DefaultValue ?? "null"}" : text;
    }

    private static string Name(Type type) => (type.IsByRef ? type.GetElementType()! : type) switch
    {
        var t when t == typeof(void) => "void",
        var t when t == typeof(int) => "int",
        var t when t == typeof(uint) => "uint",
        var t when t == typeof(ulong) => "ulong",
        var t when t == typeof(bool) => "bool",
        var t when t == typeof(string) => "string",
        var t when t == typeof(object) => "object",
        var t when t == typeof(byte[]) => "byte[]",
        var t => t.Name,
    };

    public class WronglyTyped : FileSystemBase
    {
        // What an override becomes when the binding's signature is another one: a method of its own.
        public new virtual int GetFileInfo(object node, object descriptor, out Fsp.Interop.FileInfo info)
        {
            info = default;
            return 0;
        }
    }
}
