using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

public sealed class BigFileTests
{
    private const long MaxResidentKilobytes = 200_000;

    /// <summary>1 GiB; four with the long runs.</summary>
    private static long Length => Environment.GetEnvironmentVariable("IMAGEKITFS_LONG") is { Length: > 0 } ? 4L << 30 : 1L << 30;

    [SkippableFact]
    public async Task A_file_of_a_gibibyte_goes_in_and_out_in_bounded_memory()
    {
        Kernel.Require();
        string store = Directory.CreateTempSubdirectory("imagekitfs-store-").FullName;
        try
        {
            await using MountedLibrary library = await MountedLibrary.StartAsync(new EmulatorOptions { Root = store });
            string sum = (await library.Shell.RunAsync(library.Root, $"head -c {Length} /dev/urandom | tee {library.MountPoint}/big | sha256sum")).Ended().Text;
            long peakIn = PeakOf(library);
            await library.UnmountAsync();
            Directory.Delete(library.PathOf("cache"), recursive: true);
            await library.MountAsync();

            string back = (await library.RunAsync("sha256sum <big")).Ended().Text;

            Assert.Equal(sum, back);
            Assert.Equal(Length, library.Emulator.Store.List().Single().Size);
            Assert.InRange(peakIn, 1, MaxResidentKilobytes);
            Assert.InRange(PeakOf(library), 1, MaxResidentKilobytes);
        }
        finally
        {
            Directory.Delete(store, recursive: true);
        }
    }

    /// <summary>The most memory that the serving process ever had resident, in kB.</summary>
    private static long PeakOf(MountedLibrary library)
    {
        string line = File.ReadLines($"/proc/{library.ServerProcess()}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }
}
