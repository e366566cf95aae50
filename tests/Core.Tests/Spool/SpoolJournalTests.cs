using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Core.Tests.Spool;

public sealed class SpoolJournalTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string JournalFile => _folder.At("journal.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Everything_committed_is_there_after_a_crash()
    {
        await using SpoolJournal journal = Open();
        var op = new OpRecord
        {
            Seq = journal.NextSeq(),
            Kind = OpKind.Rename,
            State = OpState.Replied,
            Path = "/a/\u00fc\U0001F600.png",
            Path2 = "/b",
            Ino = ulong.MaxValue,
            FileId = "id1",
            Data = """{"x":1}""",
        };
        var attr = new ObjectAttr("id1", 1UL << 63, 0xFFFF_FFFF, 0, null, "v1", -5, null);
        var layer = new LayerRow("0001.layer", journal.NextGeneration(), "/a", 7, new Timestamp(123));
        var batch = new JournalBatch();
        batch.Put(op);
        batch.Put(attr);
        batch.PutLayer(layer);
        batch.SetMeta("key", "value");
        Assert.Equal(FsError.None, await journal.CommitAsync(batch));

        await using SpoolJournal reopened = OpenCopy();

        Assert.Equal([op], reopened.LoadOps());
        Assert.Equal([attr], reopened.LoadAttrs().Values);
        Assert.Equal([layer], reopened.LoadLayers());
        Assert.Equal("value", reopened.GetMeta("key"));
        Assert.Null(reopened.GetMeta("other"));
        Assert.Null(reopened.CorruptCopy);
        Assert.True(reopened.NextSeq() > op.Seq);
        Assert.True(reopened.NextGeneration() > layer.Generation);
    }

    [Fact]
    public async Task Numbers_are_never_given_twice_even_when_nothing_was_committed_with_them()
    {
        await using SpoolJournal journal = Open();
        HashSet<long> given = [];
        for (int i = 0; i < 200_000; i++)
            Assert.True(given.Add(journal.NextGeneration()));

        await using SpoolJournal reopened = OpenCopy();

        for (int i = 0; i < 1000; i++)
            Assert.True(given.Add(reopened.NextGeneration()));
    }

    [Fact]
    public async Task Concurrent_batches_take_effect_in_the_order_of_the_calls()
    {
        const int Writers = 32;
        const int Rounds = 50;
        await using SpoolJournal journal = Open();
        var order = new Lock();
        string last = "";
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                var batch = new JournalBatch();
                string value = $"{writer}/{round}";
                batch.Put(new OpRecord { Seq = writer, Kind = OpKind.Upload, Path = "/w", Data = $"{round}" });
                batch.Put(new OpRecord { Seq = 1000 + (writer * Rounds) + round, Kind = OpKind.Upload, Path = "/w" });
                batch.SetMeta("last", value);
                ValueTask<FsError> commit;
                lock (order)
                {
                    commit = journal.CommitAsync(batch);
                    last = value;
                }
                if (round % 5 == 0)
                    Assert.Equal(FsError.None, await commit);
                else if (round == Rounds - 1)
                    await commit;
            }
        })));
        Assert.Equal(FsError.None, await journal.CommitAsync(new JournalBatch()));

        await using SpoolJournal reopened = OpenCopy();

        Assert.Equal(last, reopened.GetMeta("last"));
        IReadOnlyList<OpRecord> ops = reopened.LoadOps();
        Assert.Equal(Writers + (Writers * Rounds), ops.Count);
        Assert.All(ops.Take(Writers), op => Assert.Equal($"{Rounds - 1}", op.Data));
        Assert.Equal(ops.OrderBy(op => op.Seq), ops);
    }

    [Theory]
    [InlineData("/a/b", "/x", "/a/b", "/x")]
    [InlineData("/a/b", "/x", "/a/b/c/d", "/x/c/d")]
    [InlineData("/a/b", "/x", "/a/bc", "/a/bc")]
    [InlineData("/a/b", "/x", "/a/b.png", "/a/b.png")]
    [InlineData("/a/b", "/x", "/A/B", "/A/B")]
    [InlineData("/a/b", "/x", "/a", "/a")]
    [InlineData("/a/b", "/x", "/q/a/b", "/q/a/b")]
    [InlineData("/a_b", "/x", "/aXb/c", "/aXb/c")]
    [InlineData("/a%", "/x", "/abc/d", "/abc/d")]
    [InlineData("/a/b/", "/x/", "/a/b/c", "/x/c")]
    [InlineData("/\U0001F600", "/\u00e9", "/\U0001F600/\U0001F600", "/\u00e9/\U0001F600")]
    [InlineData("/a", "/a/b", "/a/a", "/a/b/a")]
    public async Task A_folder_move_rewrites_what_is_at_or_below_it_and_no_sibling(string from, string to, string path, string expected)
    {
        await using SpoolJournal journal = Open();
        var batch = new JournalBatch();
        batch.Put(new OpRecord { Seq = 1, Kind = OpKind.Rename, Path = path, Path2 = "/elsewhere" });
        batch.Put(new OpRecord { Seq = 2, Kind = OpKind.Rename, Path = "/elsewhere", Path2 = path });
        batch.PutLayer(new LayerRow("f", 1, path, 1, default));
        batch.RewritePaths(from, to);
        batch.Put(new OpRecord { Seq = 3, Kind = OpKind.Upload, Path = path }); // later in the batch: not rewritten
        Assert.Equal(FsError.None, await journal.CommitAsync(batch));

        IReadOnlyList<OpRecord> ops = journal.LoadOps();

        Assert.Equal((expected, "/elsewhere"), (ops[0].Path, ops[0].Path2));
        Assert.Equal(("/elsewhere", expected), (ops[1].Path, ops[1].Path2));
        Assert.Equal((path, null), (ops[2].Path, ops[2].Path2));
        Assert.Equal(expected, journal.LoadLayers()[0].Path);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("a")]
    public void The_root_cannot_be_moved(string prefix) => Assert.Throws<ArgumentException>(() => new JournalBatch().RewritePaths(prefix, "/x"));

    [Fact]
    public async Task Rebinding_moves_the_attributes_to_the_new_id()
    {
        await using SpoolJournal journal = Open();
        var batch = new JournalBatch();
        batch.Put(new ObjectAttr("old", 1, 2, 3, 4, "v", 5, 6));
        batch.Put(new ObjectAttr("new", 9, null, null, null, null, null, null));
        batch.Put(new ObjectAttr("gone", 9, null, null, null, null, null, null));
        batch.RebindAttr("old", "new");
        batch.RebindAttr("missing", "gone");
        batch.RemoveAttr("gone");
        await journal.CommitAsync(batch);

        Assert.Equal([new ObjectAttr("new", 1, 2, 3, 4, "v", 5, 6)], journal.LoadAttrs().Values);
    }

    [Fact]
    public async Task Removed_rows_stay_removed()
    {
        await using SpoolJournal journal = Open();
        var batch = new JournalBatch();
        batch.Put(new OpRecord { Seq = 1, Kind = OpKind.Mkdir, Path = "/a" });
        batch.PutLayer(new LayerRow("f", 1, "/a", 1, default));
        await journal.CommitAsync(batch);
        batch = new JournalBatch();
        batch.Remove(1);
        batch.RemoveLayer("f");
        await journal.CommitAsync(batch);

        await using SpoolJournal reopened = OpenCopy();

        Assert.Empty(reopened.LoadOps());
        Assert.Empty(reopened.LoadLayers());
    }

    [Fact]
    public async Task A_batch_that_fails_leaves_nothing_behind_and_the_journal_goes_on()
    {
        await using SpoolJournal journal = Open();
        using (SqliteConnection saboteur = JournalSchema.Connect(JournalFile))
            JournalSchema.Execute(saboteur, "CREATE TRIGGER refuse BEFORE INSERT ON layer BEGIN SELECT RAISE(ABORT, 'no'); END;");
        var refused = new JournalBatch();
        refused.Put(new OpRecord { Seq = 1, Kind = OpKind.Upload, Path = "/a" });
        refused.PutLayer(new LayerRow("f", 1, "/a", 1, default));
        var accepted = new JournalBatch();
        accepted.Put(new OpRecord { Seq = 2, Kind = OpKind.Upload, Path = "/b" });

        Assert.Equal(FsError.LocalFailure, await journal.CommitAsync(refused));
        Assert.Equal(FsError.None, await journal.CommitAsync(accepted));

        Assert.Equal([2L], journal.LoadOps().Select(op => op.Seq));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    public async Task A_corrupt_journal_is_kept_aside_and_a_new_one_begun(int damageAt)
    {
        await using (SpoolJournal journal = Open())
        {
            var batch = new JournalBatch();
            for (int i = 1; i < 500; i++)
                batch.Put(new OpRecord { Seq = i, Kind = OpKind.Upload, Path = $"/file-{i}" });
            await journal.CommitAsync(batch);
        }
        byte[] bytes = await File.ReadAllBytesAsync(JournalFile);
        Array.Fill(bytes, (byte)0xA5, damageAt, 8000);
        await File.WriteAllBytesAsync(JournalFile, bytes);

        await using SpoolJournal reopened = Open();

        Assert.NotNull(reopened.CorruptCopy);
        Assert.StartsWith(JournalFile + ".corrupt-", reopened.CorruptCopy, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(reopened.CorruptCopy));
        Assert.Empty(reopened.LoadOps());
        var next = new JournalBatch();
        next.SetMeta("works", "yes");
        Assert.Equal(FsError.None, await reopened.CommitAsync(next));
    }

    [Fact]
    public async Task A_journal_of_a_newer_program_is_refused_and_left_alone()
    {
        await Open().DisposeAsync();
        using (SqliteConnection future = JournalSchema.Connect(JournalFile))
            JournalSchema.Execute(future, "PRAGMA journal_mode=DELETE; PRAGMA user_version=999");
        byte[] before = await File.ReadAllBytesAsync(JournalFile);
        string[] beside = Directory.GetFiles(_folder.Path);

        InvalidDataException refused = Assert.Throws<InvalidDataException>(Open);

        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(JournalFile));
        Assert.Equal(beside, Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_journal_of_the_first_format_is_read_and_carried_over()
    {
        // Literally what the first format wrote: never edited, whatever the program writes now.
        using (SqliteConnection old = JournalSchema.Connect(JournalFile))
        {
            JournalSchema.Execute(old, """
                CREATE TABLE op(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL, path TEXT NOT NULL, path2 TEXT, ino INTEGER NOT NULL, file_id TEXT, data TEXT NOT NULL) STRICT;
                CREATE TABLE object_attr(object_id TEXT PRIMARY KEY, ino INTEGER NOT NULL, mode INTEGER, uid INTEGER, gid INTEGER, version_id TEXT, modified_ns INTEGER, accessed_ns INTEGER) STRICT, WITHOUT ROWID;
                CREATE TABLE layer(file_name TEXT PRIMARY KEY, generation INTEGER NOT NULL, path TEXT NOT NULL, ino INTEGER NOT NULL, created_ns INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
                INSERT INTO op VALUES(7, 0, 3, '/a.png', NULL, 42, 'id', '{"LocalName":"a.png"}');
                INSERT INTO layer VALUES('0000000000000009.layer', 9, '/b.png', 43, 5);
                INSERT INTO meta VALUES('reserved_seq', '100');
                PRAGMA user_version=1;
                """);
        }
        OpRecord expected = new() { Seq = 7, Kind = OpKind.Upload, State = OpState.Failed, Path = "/a.png", Ino = 42, FileId = "id", Data = """{"LocalName":"a.png"}""" };
        Assert.Equal([expected], JournalView.Read(JournalFile).Ops); // As `recover` sees it, before any mount.

        await using SpoolJournal journal = Open();
        var batch = new JournalBatch();
        batch.Put(expected with { Seq = 8, Error = "why" });
        Assert.Equal(FsError.None, await journal.CommitAsync(batch));

        Assert.Equal([expected, expected with { Seq = 8, Error = "why" }], journal.LoadOps());
        Assert.Equal("/b.png", Assert.Single(journal.LoadLayers()).Path);
        Assert.True(journal.NextSeq() > 100);
        Assert.True(journal.NextGeneration() > 9);
    }

    [Fact]
    public async Task A_journal_of_the_third_format_gets_the_number_that_older_programs_refuse()
    {
        // Literally what the third format wrote: never edited, whatever the program writes now.
        using (SqliteConnection old = JournalSchema.Connect(JournalFile))
        {
            JournalSchema.Execute(old, """
                CREATE TABLE op(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL, path TEXT NOT NULL, path2 TEXT, ino INTEGER NOT NULL, file_id TEXT, data TEXT NOT NULL, error TEXT) STRICT;
                CREATE TABLE object_attr(object_id TEXT PRIMARY KEY, ino INTEGER NOT NULL, mode INTEGER, uid INTEGER, gid INTEGER, version_id TEXT, modified_ns INTEGER, accessed_ns INTEGER) STRICT, WITHOUT ROWID;
                CREATE TABLE layer(file_name TEXT PRIMARY KEY, generation INTEGER NOT NULL, path TEXT NOT NULL, ino INTEGER NOT NULL, created_ns INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE own_version(seq INTEGER PRIMARY KEY AUTOINCREMENT, file_id TEXT NOT NULL, version_id TEXT NOT NULL, superseded INTEGER NOT NULL, UNIQUE(file_id, version_id)) STRICT;
                INSERT INTO op VALUES(7, 7, 0, '/a.png', NULL, 0, 'id', '{"VersionId":"id"}', NULL);
                PRAGMA user_version=3;
                """);
        }

        await using (SpoolJournal journal = Open())
            Assert.Equal(OpKind.Patch, Assert.Single(journal.LoadOps()).Kind);

        using SqliteConnection now = JournalSchema.Connect(JournalFile);
        Assert.True(JournalSchema.VersionOf(now) > 3);
    }

    [Fact]
    public async Task A_journal_of_the_second_format_is_carried_over_and_remembers_own_versions_from_then_on()
    {
        // Literally what the second format wrote: never edited, whatever the program writes now.
        using (SqliteConnection old = JournalSchema.Connect(JournalFile))
        {
            JournalSchema.Execute(old, """
                CREATE TABLE op(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL, path TEXT NOT NULL, path2 TEXT, ino INTEGER NOT NULL, file_id TEXT, data TEXT NOT NULL, error TEXT) STRICT;
                CREATE TABLE object_attr(object_id TEXT PRIMARY KEY, ino INTEGER NOT NULL, mode INTEGER, uid INTEGER, gid INTEGER, version_id TEXT, modified_ns INTEGER, accessed_ns INTEGER) STRICT, WITHOUT ROWID;
                CREATE TABLE layer(file_name TEXT PRIMARY KEY, generation INTEGER NOT NULL, path TEXT NOT NULL, ino INTEGER NOT NULL, created_ns INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
                INSERT INTO op VALUES(7, 0, 3, '/a.png', NULL, 42, 'id', '{"LocalName":"a.png"}', 'why');
                PRAGMA user_version=2;
                """);
        }

        await using SpoolJournal journal = Open();
        var batch = new JournalBatch();
        batch.AddOwnVersion("file", "v1", over: null);
        batch.AddOwnVersion("file", "v2", over: "v1");
        batch.AddOwnVersion("other", "v1", over: null);
        batch.AddOwnVersion("file", "v4", over: "v3"); // Not one of ours.
        batch.AddOwnVersion("file", "v5", over: "v4");
        batch.AddOwnVersion("file", "v5", over: "v4"); // Told twice.
        Assert.Equal(FsError.None, await journal.CommitAsync(batch));

        Assert.Equal("why", Assert.Single(journal.LoadOps()).Error);
        Assert.Equal(["v1", "v4"], journal.LoadSupersededVersions("file"));
        Assert.Empty(journal.LoadSupersededVersions("other"));
        batch = new JournalBatch();
        batch.RemoveOwnVersion("file", "v1");
        await journal.CommitAsync(batch);
        Assert.Equal(["v4"], journal.LoadSupersededVersions("file"));
    }

    [Fact]
    public async Task Only_the_newest_own_versions_are_remembered()
    {
        await using SpoolJournal journal = Open();
        var batch = new JournalBatch();
        for (int i = 0; i <= JournalStatements.MaxOwnVersions; i++)
            batch.AddOwnVersion("file", $"v{i}", over: $"v{i - 1}");
        await journal.CommitAsync(batch);

        IReadOnlyList<string> superseded = journal.LoadSupersededVersions("file");

        Assert.Equal(JournalStatements.MaxOwnVersions - 1, superseded.Count);
        Assert.Equal("v1", superseded[0]);
    }

    [Fact]
    public async Task What_a_corrupt_journal_still_names_can_be_read_from_its_copy()
    {
        await using (SpoolJournal journal = Open())
        {
            var batch = new JournalBatch();
            for (int i = 1; i < 2000; i++)
                batch.Put(new OpRecord { Seq = i, Kind = OpKind.Upload, Path = $"/file-{i}" });
            await journal.CommitAsync(batch);
        }
        byte[] bytes = await File.ReadAllBytesAsync(JournalFile);
        Array.Fill(bytes, (byte)0xA5, bytes.Length / 2, 4096);
        await File.WriteAllBytesAsync(JournalFile, bytes);

        await using SpoolJournal reopened = Open();
        JournalView left = JournalView.ReadWhatIsLeft(reopened.CorruptCopy!);

        Assert.InRange(left.Ops.Count, 100, 1998);
        Assert.All(left.Ops, op => Assert.Equal($"/file-{op.Seq}", op.Path));
        await File.WriteAllTextAsync(reopened.CorruptCopy!, "no database at all, although it is longer than a header of one hundred bytes would have to be, by some");
        Assert.Empty(JournalView.ReadWhatIsLeft(reopened.CorruptCopy!).Ops);
    }

    [Fact]
    public async Task Closing_writes_what_is_waiting()
    {
        SpoolJournal journal = Open();
        List<Task<FsError>> commits = [];
        for (int i = 1; i <= 100; i++)
        {
            var batch = new JournalBatch();
            batch.Put(new OpRecord { Seq = i, Kind = OpKind.Upload, Path = "/a" });
            commits.Add(journal.CommitAsync(batch).AsTask());
        }
        await journal.DisposeAsync();

        Assert.All(await Task.WhenAll(commits), error => Assert.Equal(FsError.None, error));
        await using SpoolJournal reopened = Open();
        Assert.Equal(100, reopened.LoadOps().Count);
    }

    private SpoolJournal Open() => SpoolJournal.Open(JournalFile, NullLogger.Instance);

    /// <summary>What a kill would leave: the files as they are now, without the first journal closing them.</summary>
    private SpoolJournal OpenCopy()
    {
        string crashed = Directory.CreateDirectory(_folder.At("crashed")).FullName;
        foreach (string suffix in (string[])["", "-wal"])
            File.Copy(JournalFile + suffix, Path.Combine(crashed, "journal.db" + suffix));
        return SpoolJournal.Open(Path.Combine(crashed, "journal.db"), NullLogger.Instance);
    }
}
