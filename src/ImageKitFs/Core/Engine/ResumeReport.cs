using System.Globalization;

namespace ImageKitFs.Core.Engine;

/// <summary>What a mount found of earlier runs in its state folder.</summary>
/// <param name="Operations">Changes that were not in the library yet and go on.</param>
/// <param name="Bytes">Bytes of those.</param>
/// <param name="Unfinished">Files that were being written when the process ended: in the recover folder, not sent.</param>
/// <param name="Damaged">Files whose bytes the disk changed or lost: what is left is in the recover folder, not sent.</param>
/// <param name="CorruptJournal">Where the journal was put aside because it was corrupt; null when it was sound.</param>
public sealed record ResumeReport(int Operations, long Bytes, int Unfinished, int Damaged, string? CorruptJournal)
{
    /// <summary>An earlier run that left nothing, or none.</summary>
    public static ResumeReport Nothing { get; } = new(0, 0, 0, 0, CorruptJournal: null);

    /// <summary>The same in one line; empty when there was nothing.</summary>
    public string Text
    {
        get
        {
            List<string> parts = [];
            if (CorruptJournal is not null)
                parts.Add($"the journal was corrupt and is kept as {CorruptJournal}");
            if (Operations > 0)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"resumed {Operations} {(Operations == 1 ? "change" : "changes")} ({Bytes} bytes) of an earlier run"));
            if (Unfinished > 0)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{Unfinished} unfinished {Files(Unfinished)} kept for `imagekitfs recover`"));
            if (Damaged > 0)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{Damaged} damaged {Files(Damaged)} kept for `imagekitfs recover`"));
            return string.Join("; ", parts);
        }
    }

    private static string Files(int count) => count == 1 ? "file is" : "files are";
}
