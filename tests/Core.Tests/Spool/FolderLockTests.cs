using ImageKitFs.Core.Spool;
using Xunit;

namespace ImageKitFs.Core.Tests.Spool;

public sealed class FolderLockTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_holder_at_a_time_and_the_other_learns_who()
    {
        string folder = _folder.At("state");
        using FolderLock? first = FolderLock.TryAcquire(folder, out LockOwner? none);
        using FolderLock? second = FolderLock.TryAcquire(folder, out LockOwner? owner);

        Assert.NotNull(first);
        Assert.Null(none);
        Assert.Null(second);
        Assert.Equal(Environment.ProcessId, owner?.ProcessId);
    }

    [Fact]
    public void A_released_folder_can_be_taken_again()
    {
        FolderLock.TryAcquire(_folder.Path, out _)!.Dispose();
        using FolderLock? again = FolderLock.TryAcquire(_folder.Path, out _);
        Assert.NotNull(again);
    }

    [Fact]
    public void A_holder_that_has_not_named_itself_is_still_a_holder()
    {
        using FolderLock? first = FolderLock.TryAcquire(_folder.Path, out _);
        File.WriteAllText(_folder.At("lock.owner"), "");

        Assert.Null(FolderLock.TryAcquire(_folder.Path, out LockOwner? owner));
        Assert.Null(owner);
    }
}
