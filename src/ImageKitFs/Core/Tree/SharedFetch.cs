using System.Diagnostics.CodeAnalysis;

namespace ImageKitFs.Core.Tree;

/// <summary>One fetch of a folder and those who wait for it. Its counters belong to the tree's lock.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A source without timer and links holds nothing; Stop may come at any time.")]
internal sealed class SharedFetch
{
    private readonly TaskCompletionSource<TreeResult> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Ends the fetch.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Done before the callers go on; they continue on other threads.</summary>
    public Task<TreeResult> Outcome => _outcome.Task;

    /// <summary>Place in the order of events of the tree, given when it starts.</summary>
    public long Order { get; set; }

    /// <summary>Callers that have not given up.</summary>
    public int Waiters { get; set; }

    public void Answer(TreeResult result) => _outcome.TrySetResult(result);

    public void Fail(Exception bug) => _outcome.TrySetException(bug);

    public void Stop() => _stop.Cancel();
}
