using System.Text;
using ImageKitFs.Cli.Interop;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Cli.Profiles;

/// <summary>Asks at the terminal; from a pipe it reads lines and asks nothing.</summary>
internal static class SecretPrompt
{
    /// <summary>Asks for what may be seen. Empty at the end of the input.</summary>
    public static string ReadLine(string question)
    {
        if (Console.IsInputRedirected)
            return Console.In.ReadLine() ?? "";
        Console.Error.Write(question);
        return OperatingSystem.IsLinux() ? ReadTerminal() : Console.In.ReadLine() ?? "";
    }

    /// <summary>Asks for a key without showing it. Empty at the end of the input.</summary>
    public static string Read(string question)
    {
        if (Console.IsInputRedirected)
            return Console.In.ReadLine() ?? "";
        if (!OperatingSystem.IsLinux())
            return ReadKeys(question);
        using TerminalEcho? echo = TerminalEcho.TryTurnOff();
        Console.Error.Write(question);
        string typed = ReadTerminal();
        Console.Error.WriteLine();
        return typed;
    }

    // A line from the terminal itself: Console.In would show what is typed, whatever the terminal was told.
    private static string ReadTerminal()
    {
        using FileStream terminal = new(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        List<byte> line = [];
        while (terminal.ReadByte() is >= 0 and not '\n' and var typed)
            line.Add((byte)typed);
        return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
    }

    private static string ReadKeys(string question)
    {
        Console.Error.Write(question);
        StringBuilder typed = new();
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    Console.Error.WriteLine();
                    return typed.ToString();
                case ConsoleKey.Backspace when typed.Length > 0:
                    typed.Length--;
                    break;
                default:
                    if (key.KeyChar >= ' ')
                        typed.Append(key.KeyChar);
                    break;
            }
        }
    }
}
