using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Tests.Mounting;

public sealed class ProcessIdentityTests
{
    private const string Tail = " 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 0 0";

    [Fact]
    public void The_start_is_found_behind_a_name_with_spaces_and_parentheses()
    {
        Assert.True(ProcessIdentity.TryParse($"42 (a) S (b) S{Tail}", 42, out ProcessIdentity identity));
        Assert.Equal(new ProcessIdentity(42, 4711), identity);
    }

    [Theory]
    [InlineData("Z")]
    [InlineData("X")]
    public void What_is_left_of_an_ended_process_is_not_alive(string state) =>
        Assert.False(ProcessIdentity.TryParse($"42 (imagekitfs) {state}{Tail}", 42, out _));

    [Fact]
    public void A_later_process_with_the_same_number_is_another_one()
    {
        Assert.True(ProcessIdentity.TryGet(Environment.ProcessId, out ProcessIdentity self));

        Assert.True(self.IsAlive());
        Assert.False((self with { StartTicks = self.StartTicks + 1 }).IsAlive());
    }

    [Fact]
    public void A_record_of_another_process_is_not_taken_for_ours()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        ExitRecord record = new() { ProcessId = 42, StartTicks = 1, ExitCode = 15, Message = "kept" };

        record.Write(folder);

        Assert.Equal("kept", ExitRecord.Read(folder, new ProcessIdentity(42, 1))?.Message);
        Assert.Null(ExitRecord.Read(folder, new ProcessIdentity(42, 2)));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_damaged_record_is_no_record()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, ExitRecord.FileName), "{ \"processId\": 4");

        Assert.Null(ExitRecord.Read(folder, new ProcessIdentity(42, 1)));
        Directory.Delete(folder, recursive: true);
    }
}
