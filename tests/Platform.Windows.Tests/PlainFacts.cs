using System.Reflection;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

/// <summary>The tests of a class that need no runner: facts without data.</summary>
internal static class PlainFacts
{
    internal static IEnumerable<MethodInfo> Of(Type type) =>
        type.GetMethods().Where(method => method.GetCustomAttribute<FactAttribute>() is { } fact && fact.GetType() == typeof(FactAttribute));
}
