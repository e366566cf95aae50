using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace ImageKitFs.Cli.Commands;

/// <summary>Arguments that several commands share.</summary>
internal static class Arguments
{
    public const string UnknownOption = "unknown option";

    /// <summary>The MOUNTPOINT of a command.</summary>
    public static Argument<string> MountPoint(string description)
    {
        Argument<string> argument = new("MOUNTPOINT") { Description = description };
        argument.Validators.Add(RefuseOptions);
        return argument;
    }

    /// <summary>A MOUNTPOINT that may be left out.</summary>
    public static Argument<string?> OptionalMountPoint(string description)
    {
        Argument<string?> argument = new("MOUNTPOINT") { Description = description, Arity = ArgumentArity.ZeroOrOne };
        argument.Validators.Add(RefuseOptions);
        return argument;
    }

    /// <summary>A PATH in a mount.</summary>
    public static Argument<string> PathInMount(string description)
    {
        Argument<string> argument = new("PATH") { Description = description };
        argument.Validators.Add(RefuseOptions);
        return argument;
    }

    /// <summary>Several paths of a library or of this machine.</summary>
    public static Argument<string[]> Paths(string name, string description, ArgumentArity arity)
    {
        Argument<string[]> argument = new(name) { Description = description, Arity = arity };
        argument.Validators.Add(RefuseOptions);
        return argument;
    }

    /// <summary>An option that takes a number above 0.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">For --help.</param>
    /// <param name="takes">What the number is, in the message for one that is none.</param>
    public static Option<int?> Count(string name, string description, string takes) => new(name)
    {
        HelpName = "N",
        Description = description,
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0)
                return number;
            result.AddError($"{name} takes {takes}, not '{result.Tokens[0].Value}'");
            return null;
        },
    };

    /// <summary>The one error that explains a command line best: what was mistyped, before what is missing because of it.</summary>
    public static string Explain(IReadOnlyList<ParseError> errors)
    {
        ParseError error = errors.FirstOrDefault(error => error.Message.StartsWith(UnknownOption, StringComparison.Ordinal))
            ?? errors.FirstOrDefault(error => error.Message.StartsWith("Unrecognized", StringComparison.Ordinal))
            ?? errors[0];
        return error.Message.TrimEnd('.');
    }

    // The parser takes an option that it does not know for the argument's value.
    private static void RefuseOptions(ArgumentResult result)
    {
        if (result.Tokens.FirstOrDefault(token => token.Value is ['-', _, ..]) is { } mistyped)
            result.AddError($"{UnknownOption} '{mistyped.Value}'");
    }
}
