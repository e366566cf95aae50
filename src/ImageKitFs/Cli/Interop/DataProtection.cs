using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace ImageKitFs.Cli.Interop;

/// <summary>DPAPI: encrypts for the user who is logged on, with a key that Windows keeps.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class DataProtection
{
    // CRYPTPROTECT_UI_FORBIDDEN: a background process has nobody to ask.
    private const uint UiForbidden = 0x1;

    /// <exception cref="CryptographicException">Windows refused.</exception>
    public static byte[] Protect(byte[] plain, byte[] purpose)
    {
        fixed (byte* data = plain)
        fixed (byte* entropy = purpose)
        {
            Blob input = new(data, plain.Length);
            Blob salt = new(entropy, purpose.Length);
            if (!CryptProtectData(input, null, salt, 0, 0, UiForbidden, out Blob output))
                throw new CryptographicException(Marshal.GetLastPInvokeError());
            return Take(output);
        }
    }

    /// <exception cref="CryptographicException">Another user's, changed, or for another purpose.</exception>
    public static byte[] Unprotect(byte[] stored, byte[] purpose)
    {
        fixed (byte* data = stored)
        fixed (byte* entropy = purpose)
        {
            Blob input = new(data, stored.Length);
            Blob salt = new(entropy, purpose.Length);
            if (!CryptUnprotectData(input, 0, salt, 0, 0, UiForbidden, out Blob output))
                throw new CryptographicException(Marshal.GetLastPInvokeError());
            return Take(output);
        }
    }

    private static byte[] Take(Blob output)
    {
        Span<byte> bytes = new(output.Data, (int)output.Length);
        byte[] taken = bytes.ToArray();
        bytes.Clear();
        _ = LocalFree((nint)output.Data);
        return taken;
    }

    // CryptProtectData, dpapi.h. The output is the caller's to free with LocalFree.
    [LibraryImport("crypt32.dll", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CryptProtectData(in Blob input, string? description, in Blob entropy, nint reserved, nint prompt, uint flags, out Blob output);

    // CryptUnprotectData, dpapi.h.
    [LibraryImport("crypt32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CryptUnprotectData(in Blob input, nint description, in Blob entropy, nint reserved, nint prompt, uint flags, out Blob output);

    // LocalFree, winbase.h.
    [LibraryImport("kernel32.dll", SetLastError = true)]
    private static partial nint LocalFree(nint memory);

    // DATA_BLOB.
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Blob(byte* data, int length)
    {
        public readonly uint Length = (uint)length;
        public readonly byte* Data = data;
    }
}
