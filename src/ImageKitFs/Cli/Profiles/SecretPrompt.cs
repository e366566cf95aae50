using System.Text;

namespace ImageKitFs.Cli.Profiles;

/// <summary>Asks for a key without showing it; from a pipe it reads one line.</summary>
internal static class SecretPrompt
{
    public static string Read(string question)
    {
        if (Console.IsInputRedirected)
            return Console.In.ReadLine() ?? "";
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
