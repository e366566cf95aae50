using System.Text;

namespace ImageKitFs.Emulator;

/// <summary>A small library to look at: pictures drawn by code, some texts, nested folders, one private file.</summary>
public static class SampleMedia
{
    private static readonly (string Path, int Width, int Height, Func<double, double, int> Paint, string[] Tags)[] Pictures =
    [
        ("/campaigns/2026/spring-hero.png", 1200, 630, Sunrise(0xFFB199, 0xFF0844, 0xFFE29F), ["campaign", "spring"]),
        ("/campaigns/2026/summer-hero.png", 1200, 630, Sunrise(0x43C6AC, 0x191654, 0xF8FFAE), ["campaign", "summer"]),
        ("/campaigns/2026/banner-wide.png", 1600, 400, Waves(0x1A2980, 0x26D0CE), ["campaign", "banner"]),
        ("/campaigns/2025/winter-hero.png", 1200, 630, Sunrise(0xE6DADA, 0x274046, 0xFFFFFF), ["campaign", "winter"]),
        ("/products/lamp-front.png", 800, 800, Disc(0xFDFBFB, 0xF7971E), ["product", "lamp"]),
        ("/products/lamp-side.png", 800, 800, Disc(0xEBEDEE, 0xC31432), ["product", "lamp"]),
        ("/products/mug-blue.png", 640, 640, Disc(0xFFFFFF, 0x2193B0), ["product", "mug"]),
        ("/products/mug-green.png", 640, 640, Disc(0xFFFFFF, 0x11998E), ["product", "mug"]),
        ("/products/textures/checker.png", 512, 512, Checker(0x232526, 0xECE9E6), ["texture"]),
        ("/products/textures/waves.png", 512, 512, Waves(0x8E2DE2, 0x4A00E0), ["texture"]),
        ("/press/logo.png", 480, 240, Rings(0xFFFFFF, 0x0052D4), ["press"]),
        ("/press/team.png", 1024, 576, Rings(0xF5AF19, 0xF12711), ["press"]),
    ];

    private static readonly (string Path, string Text)[] Texts =
    [
        ("/readme.txt", "This library lives in the emulator. Everything in it was made by code; change what you like.\n"),
        ("/press/boilerplate.md", "# About us\n\nWe draw discs, waves and sunrises. Pictures may be used freely.\n"),
        ("/products/prices.csv", "name,price\nlamp,49.00\nmug,12.50\n"),
        ("/campaigns/2026/brief.html", "<!doctype html>\n<title>Brief</title>\n<p>Spring is warm, summer is deep.</p>\n"),
    ];

    /// <summary>Fills a library. Done twice, it adds versions.</summary>
    public static void Seed(EmulatorServer server)
    {
        foreach ((string path, int width, int height, Func<double, double, int> paint, string[] tags) in Pictures)
        {
            byte[] png = PngEncoder.Encode(width, height, (x, y) => paint((double)x / width, (double)y / height));
            server.Store.Put(path, png, new PutOptions(Tags: tags));
        }

        foreach ((string path, string text) in Texts)
            server.Store.Put(path, Encoding.UTF8.GetBytes(text));
        server.Store.Put("/press/embargoed.txt", "Not before Monday.\n"u8, new PutOptions(IsPrivate: true));
        server.Store.CreateFolder("/incoming");
    }

    private static Func<double, double, int> Sunrise(int sky, int ground, int sun) => (x, y) =>
    {
        double distance = Math.Sqrt(Math.Pow((x - 0.5) * 1.9, 2) + Math.Pow(y - 0.62, 2));
        double hill = 0.72 + (0.06 * Math.Sin((x * 9) + 1));
        int behind = distance < 0.2 ? sun : Mix(sky, sun, Math.Max(0, 1 - (distance * 1.4)));
        return y > hill ? Mix(ground, 0, (y - hill) * 1.2) : behind;
    };

    private static Func<double, double, int> Waves(int top, int bottom) => (x, y) =>
        Mix(top, bottom, Math.Clamp(y + (0.12 * Math.Sin((x * 14) + (y * 6))), 0, 1));

    private static Func<double, double, int> Disc(int background, int colour) => (x, y) =>
    {
        double distance = Math.Sqrt(Math.Pow(x - 0.5, 2) + Math.Pow(y - 0.48, 2));
        double light = Math.Sqrt(Math.Pow(x - 0.42, 2) + Math.Pow(y - 0.38, 2));
        return distance < 0.32 ? Mix(0xFFFFFF, colour, Math.Clamp(light * 3, 0, 1)) : Mix(background, 0x808080, Math.Max(0, y - 0.7) * 0.6);
    };

    private static Func<double, double, int> Checker(int dark, int light) => (x, y) => ((int)(x * 8) + (int)(y * 8)) % 2 == 0 ? Mix(dark, light, x * 0.3) : Mix(light, dark, y * 0.3);

    private static Func<double, double, int> Rings(int background, int colour) => (x, y) =>
        Mix(background, colour, 0.5 + (0.5 * Math.Sin(Math.Sqrt(Math.Pow((x - 0.5) * 1.8, 2) + Math.Pow(y - 0.5, 2)) * 30)));

    private static int Mix(int a, int b, double share)
    {
        int Channel(int shift) => (int)((((a >> shift) & 0xFF) * (1 - share)) + (((b >> shift) & 0xFF) * share)) << shift;
        return Channel(16) | Channel(8) | Channel(0);
    }
}
