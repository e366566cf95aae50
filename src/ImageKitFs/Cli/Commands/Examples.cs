using System.CommandLine;
using System.CommandLine.Invocation;

namespace ImageKitFs.Cli.Commands;

/// <summary>Help with a few lines to copy at its end.</summary>
internal sealed class Examples(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    private const string Forms = """

        A path of a library is /folder/file; PROFILE:/folder/file is another account, stored by imagekitfs login.
        """;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int result = help.Invoke(parseResult);
        if (Of(parseResult.CommandResult.Command.Name) is { } examples)
            parseResult.InvocationConfiguration.Output.WriteLine($"Examples:\n{examples}");
        return result;
    }

    private static string? Of(string command) => command switch
    {
        "ls" => """
              imagekitfs ls -l /campaigns
              imagekitfs ls -R --json /
              imagekitfs ls '/campaigns/2026/*.jpg'
            """ + Forms,
        "get" => """
              imagekitfs get /campaigns/2026/banner.jpg .
              imagekitfs get '/campaigns/2026/*.jpg' ./local/
              imagekitfs get / ./backup
              imagekitfs get /notes.txt - | less
            """ + Forms,
        "put" => """
              imagekitfs put banner.jpg /campaigns/2026/
              imagekitfs put ./photos/*.jpg /campaigns/2026/
              imagekitfs put ./photos /campaigns
              tar c . | imagekitfs put - /backups/site.tar
            """ + Forms,
        "cat" => """
              imagekitfs cat /notes.txt
            """ + Forms,
        "rm" => """
              imagekitfs rm '/campaigns/2025/*.tmp'
              imagekitfs rm -r /campaigns/2025
            """ + Forms,
        "mv" => """
              imagekitfs mv /banner.jpg /campaigns/2026/
              imagekitfs mv /campaigns/2025 /archive
            """ + Forms,
        "cp" => """
              imagekitfs cp /banner.jpg /campaigns/2026/
              imagekitfs cp -r staging:/campaigns production:/
            """ + Forms,
        "mkdir" => """
              imagekitfs mkdir -p /campaigns/2026/spring
            """ + Forms,
        "sync-dir" => """
              imagekitfs sync-dir ./site /site --delete --dry-run
              imagekitfs sync-dir ik:/campaigns ./campaigns
              imagekitfs sync-dir staging:/site production:/site
            A side with ik: or PROFILE: in front is a library, any other a folder of this machine.
            """,
        _ => null,
    };
}
