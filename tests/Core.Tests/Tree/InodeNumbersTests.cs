using ImageKitFs.Core.Tree;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

public sealed class InodeNumbersTests
{
    /// <summary>XxHash3 of the id's characters without the top bit.</summary>
    private const ulong PinnedNumber = 9192495899598971656;

    private readonly InodeNumbers _numbers = new();

    [Fact]
    public void A_number_is_the_same_in_every_run()
    {
        // Written down once: a change of the hash would give every file of every mount another number.
        Assert.Equal(PinnedNumber, _numbers.For("65f0a1b2c3d4e5f607182950"));
        Assert.Equal(PinnedNumber, new InodeNumbers().For("65f0a1b2c3d4e5f607182950"));
    }

    [Fact]
    public void Numbers_are_positive_as_signed_and_differ()
    {
        ulong[] numbers = [.. Enumerable.Range(1, 10_000).Select(i => _numbers.For(TreeFixture.IdOf(i)))];

        Assert.Equal(numbers.Length, numbers.Distinct().Count());
        Assert.All(numbers, ino => Assert.InRange(ino, 2UL, (ulong)long.MaxValue));
    }

    [Fact]
    public void Ids_that_collide_get_neighbours_and_keep_them_when_the_first_goes()
    {
        var numbers = new InodeNumbers(_ => ulong.MaxValue); // the last number: probing goes round, past 0 and the root
        Assert.Equal([(ulong)long.MaxValue, 2, 3], ((string[])["a", "b", "c"]).Select(numbers.For));

        numbers.Release("a");
        Assert.Equal(2UL, numbers.For("b"));
        Assert.Equal((ulong)long.MaxValue, numbers.For("d"));
        Assert.Equal(4UL, numbers.For("a"));
        Assert.Equal(3UL, numbers.For("c"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void No_id_gets_the_number_of_the_root(ulong hash)
    {
        Assert.Equal(2UL, new InodeNumbers(_ => hash).For("a"));
    }

    [Fact]
    public void A_number_follows_the_object_to_its_new_id()
    {
        ulong ino = _numbers.For("old");
        ulong listedFirst = _numbers.For("new");

        _numbers.Bind("new", ino);

        Assert.Equal(ino, _numbers.For("new"));
        Assert.NotEqual(ino, _numbers.For("old"));
        _numbers.Bind("third", listedFirst); // free again
        Assert.Equal(listedFirst, _numbers.For("third"));
    }

    [Fact]
    public void A_reserved_number_is_bound_once_the_id_is_known()
    {
        ulong ino = _numbers.Reserve();
        _numbers.Bind("id", ino);
        _numbers.Release(ino); // bound: no longer a reservation

        Assert.Equal(ino, _numbers.For("id"));
        _numbers.Release("id");
        Assert.NotEqual(ino, _numbers.For("id"));
    }

    [Fact]
    public void Random_use_never_gives_two_ids_one_number()
    {
        var random = new Random(4);
        var numbers = new InodeNumbers(id => (ulong)id[0] % 4);
        var model = new Dictionary<string, ulong>();
        for (int step = 0; step < 5000; step++)
        {
            string id = ((char)('a' + random.Next(12))).ToString();
            switch (random.Next(4))
            {
                case 0:
                    numbers.Release(id);
                    model.Remove(id);
                    break;
                case 1:
                    ulong wanted = (ulong)random.Next(2, 20);
                    numbers.Bind(id, wanted);
                    foreach ((string other, ulong _) in model.Where(pair => pair.Value == wanted).ToArray())
                        model.Remove(other);
                    model[id] = wanted;
                    break;
                default:
                    ulong ino = numbers.For(id);
                    Assert.True(!model.TryGetValue(id, out ulong known) || known == ino, $"step {step}");
                    Assert.DoesNotContain(model, pair => pair.Key != id && pair.Value == ino);
                    model[id] = ino;
                    break;
            }
        }
    }
}
