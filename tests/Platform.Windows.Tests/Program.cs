using System.Reflection;

namespace ImageKitFs.Platform.Windows.Tests;

/// <summary>Runs all plain facts of one class, so that they can run as a Windows program where no test runner does. Tells each test's outcome.</summary>
internal static class Program
{
    internal const string Passed = "passed ";

    private static async Task<int> Main(string[] args)
    {
        if (args is not [var name] || typeof(Program).Assembly.GetType($"{typeof(Program).Namespace}.{name}") is not { } type)
        {
            await Console.Error.WriteLineAsync("usage: CLASS");
            return 2;
        }

        int failed = 0;
        foreach (MethodInfo test in PlainFacts.Of(type))
        {
            try
            {
                if (test.Invoke(Activator.CreateInstance(type), BindingFlags.DoNotWrapExceptions, binder: null, [], culture: null) is Task running)
                    await running;
                await Console.Out.WriteLineAsync(Passed + test.Name);
            }
            catch (Exception e)
            {
                failed++;
                await Console.Error.WriteLineAsync($"failed {test.Name}: {e}");
            }
        }

        return failed == 0 ? 0 : 1;
    }
}
