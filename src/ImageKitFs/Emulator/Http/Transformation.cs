using System.Globalization;

namespace ImageKitFs.Emulator.Http;

/// <summary>What a transformation string asks for, as far as this emulator carries it out: size, crop and PNG as the format.</summary>
/// <param name="Steps">Its resizing steps, in order.</param>
/// <param name="Format">The last <c>f-</c>, or null.</param>
internal sealed record Transformation(IReadOnlyList<ResizeStep> Steps, string? Format)
{
    /// <summary>Larger pictures than any screen are refused by the service too; here it bounds memory.</summary>
    public const int MaxEdge = 8192;

    /// <summary>True when the reply is a picture of its own, not the original with a remark in it.</summary>
    public bool MakesPicture => Steps.Count > 0 || Format is not null;

    /// <summary>Steps are joined by <c>:</c>, the parameters of a step by <c>,</c>; what is not known has no effect here.</summary>
    public static Transformation Parse(string text)
    {
        List<ResizeStep> steps = [];
        string? format = null;
        foreach (string step in text.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            ResizeStep parsed = default;
            foreach (string parameter in step.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                int dash = parameter.IndexOf('-', StringComparison.Ordinal);
                if (dash < 0)
                    continue;
                string value = parameter[(dash + 1)..];
                switch (parameter[..dash])
                {
                    case "w":
                        parsed = parsed with { Width = Edge(value) };
                        break;
                    case "h":
                        parsed = parsed with { Height = Edge(value) };
                        break;
                    case "c":
                        parsed = parsed with { Crop = value };
                        break;
                    case "f":
                        format = value;
                        break;
                }
            }

            if (parsed.Width is not null || parsed.Height is not null)
                steps.Add(parsed);
        }

        return new Transformation(steps, format);
    }

    /// <summary>The size of the result for an original of this size.</summary>
    public (int Width, int Height) SizeFor(int width, int height)
    {
        foreach (ResizeStep step in Steps)
            (width, height) = step.Apply(width, height);
        return (width, height);
    }

    private static double? Edge(string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double edge) && edge > 0 ? edge : null;
}

/// <summary>One resize: pixels, or below 1 a part of the original's.</summary>
internal readonly record struct ResizeStep(double? Width, double? Height, string? Crop)
{
    /// <summary>The size after it.</summary>
    public (int Width, int Height) Apply(int width, int height)
    {
        double? wantedWidth = Pixels(Width, width);
        double? wantedHeight = Pixels(Height, height);
        double across = wantedWidth / width ?? double.NaN;
        double down = wantedHeight / height ?? double.NaN;
        if (double.IsNaN(across))
            return Scaled(width, height, IsAtMost ? Math.Min(down, 1) : down);
        if (double.IsNaN(down))
            return Scaled(width, height, IsAtMost ? Math.Min(across, 1) : across);
        return Crop switch
        {
            "at_max" => Scaled(width, height, Math.Min(1, Math.Min(across, down))),
            "at_max_enlarge" => Scaled(width, height, Math.Min(across, down)),
            "at_least" => Scaled(width, height, Math.Max(across, down)),
            _ => (Limit(wantedWidth!.Value), Limit(wantedHeight!.Value)),
        };
    }

    private bool IsAtMost => Crop == "at_max";

    private static double? Pixels(double? wanted, int original) => wanted is < 1 ? wanted * original : wanted;

    private static (int Width, int Height) Scaled(int width, int height, double scale) => (Limit(width * scale), Limit(height * scale));

    private static int Limit(double edge) => (int)Math.Clamp(Math.Round(edge), 1, Transformation.MaxEdge);
}
