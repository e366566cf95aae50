using System.Reflection;

namespace ImageKitFs.Platform.Windows.Tests;

/// <summary>Runs one test by name and tells its outcome, so that it can run as a Windows program where no test runner does.</summary>
/// <remarks>One for each process: under Wine 8 the runtime fails once code that it made at run time is collected.</remarks>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        string[] name = args is [var one] ? one.Split('.') : [];
        if (name.Length != 2 || typeof(Program).Assembly.GetType($"{typeof(Program).Namespace}.{name[0]}")?.GetMethod(name[1]) is not { } test)
        {
            await Console.Error.WriteLineAsync("usage: CLASS.TEST");
            return 2;
        }

        try
        {
            await (Task)test.Invoke(Activator.CreateInstance(test.DeclaringType!), BindingFlags.DoNotWrapExceptions, binder: null, [], culture: null)!;
            await Console.Out.WriteLineAsync("passed");
            return 0;
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync(e.ToString());
            return 1;
        }
    }
}
