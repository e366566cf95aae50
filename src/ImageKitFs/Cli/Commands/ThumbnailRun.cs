using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Renditions;
using Spectre.Console;

namespace ImageKitFs.Cli.Commands;

/// <summary>`warm --thumbnails`: copies a folder's shared thumbnails to those of the user who runs it.</summary>
/// <remarks>Through the mount, as any program: so it works for every user whom the mount lets in, each with a folder of their own.</remarks>
internal sealed class ThumbnailRun
{
    // The mount fetches side by side what is asked for side by side.
    private const int Parallelism = 8;

    private readonly PersonalThumbnails _thumbnails = new(StatePaths.Thumbnails(Environment.GetEnvironmentVariable));
    private int _stored;
    private int _present;
    private int _without;
    private string? _failure;
    private int _failed;

    public static async Task<ExitCode> RunAsync(MountedPath path, CancellationToken ct)
    {
        using StopSignals signals = new(ignoreHangUp: false);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(ct, signals.Stop);
        ThumbnailRun run = new();
        try
        {
            await run.FillAsync(path.Full, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Failed, "stopped; the thumbnails stored so far stay");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot fill the thumbnails: {e.Message}", e);
        }

        Console.Out.WriteLine($"{Plain.Count(run._stored, "thumbnail")} stored, {run._present} were there, {Plain.Count(run._without, "file")} without one");
        return run._failed == 0
            ? ExitCode.Ok
            : throw new CliException(ExitCode.ServiceFailed, $"{Plain.Count(run._failed, "thumbnail")} could not be read or stored, the last: {run._failure}");
    }

    private async Task FillAsync(string path, CancellationToken ct)
    {
        List<FileInfo> files = File.Exists(path) ? [new FileInfo(path)] : [.. new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories)];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Parallelism, CancellationToken = ct };
        if (Console.IsOutputRedirected)
        {
            await Parallel.ForEachAsync(files, parallel, (file, _) => Fill(file));
            return;
        }

        await AnsiConsole.Progress().StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask("Thumbnails", maxValue: Math.Max(files.Count, 1));
            await Parallel.ForEachAsync(files, parallel, async (file, _) =>
            {
                await Fill(file);
                bar.Increment(1);
            });
            bar.Value = bar.MaxValue;
        });
    }

    private ValueTask Fill(FileInfo file)
    {
        Timestamp modified = Timestamp.From(new DateTimeOffset(file.LastWriteTimeUtc));
        bool hasOne = false;
        foreach (string size in PersonalThumbnails.Sizes)
        {
            try
            {
                if (_thumbnails.Has(file.FullName, modified, size))
                {
                    Interlocked.Increment(ref _present);
                    hasOne = true;
                }
                else if (_thumbnails.TryStore(file.FullName, modified, size, File.ReadAllBytes(PersonalThumbnails.SharedPathOf(file.FullName, size))))
                {
                    Interlocked.Increment(ref _stored);
                    hasOne = true;
                }
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                // No picture, too large for the service, or not in the library yet.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Interlocked.Increment(ref _failed);
                _failure = Plain.Printable(e.Message);
                hasOne = true;
            }
        }

        if (!hasOne)
            Interlocked.Increment(ref _without);
        return ValueTask.CompletedTask;
    }
}
