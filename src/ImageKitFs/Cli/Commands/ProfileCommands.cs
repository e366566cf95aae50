using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Profiles;

namespace ImageKitFs.Cli.Commands;

/// <summary>`logout` and `profiles`: the accounts that `login` stored on this machine.</summary>
internal static class ProfileCommands
{
    public static Command BuildLogout()
    {
        Option<string> profile = Name();
        Option<bool> force = new("--force") { Description = "Also when the keyring cannot be asked to give up the key." };
        Command command = new("logout", "Remove a stored account from this machine, and its key from the keyring.") { profile, force };
        command.SetAction(result => (int)Logout(result.GetRequiredValue(profile), result.GetValue(force)));
        return command;
    }

    public static Command BuildList()
    {
        Option<bool> json = new("--json") { Description = "One JSON array." };
        Command command = new("profiles", "List stored accounts and where their keys are kept; keys are never shown.") { json };
        command.SetAction(result =>
        {
            ProfileStore store = ProfileStore.OfUser();
            List<ProfileView> profiles = [.. store.Names().Select(name => View(store, name))];
            if (result.GetValue(json))
                Console.Out.WriteLine(JsonSerializer.Serialize(profiles, CliJson.Default.IReadOnlyListProfileView));
            else
                Print(store, profiles);
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>`--profile`, with a default.</summary>
    public static Option<string> Name() => new("--profile") { HelpName = "P", Description = "Default: default.", DefaultValueFactory = _ => ProfileStore.DefaultName };

    /// <summary>Where a key is, for a person.</summary>
    public static string WordsOf(string place, string file) => place switch
    {
        "keyring" => "in the keyring (Secret Service)",
        "dpapi" => "encrypted for this user (DPAPI)",
        _ => $"in {file}, readable by you alone",
    };

    private static ExitCode Logout(string name, bool isForced)
    {
        ProfileStore store = ProfileStore.OfUser();
        Profile? profile = null;
        try
        {
            profile = store.Find(name);
        }
        catch (CliException e) when (e.Code == ExitCode.BadKey)
        {
            // A damaged one is removed as well.
        }

        if (profile is not null && !new KeyVault(Environment.GetEnvironmentVariable).Forget(profile) && !isForced)
        {
            throw new CliException(
                ExitCode.Failed, $"the key of profile {name} is in the keyring, which cannot be asked to give it up; log in to the desktop first, or leave it there with --force");
        }

        if (!store.Remove(name))
            throw new CliException(ExitCode.Usage, $"there is no profile '{name}'");
        Console.Out.WriteLine($"Removed profile {name}");
        return ExitCode.Ok;
    }

    private static void Print(ProfileStore store, IReadOnlyList<ProfileView> profiles)
    {
        foreach (ProfileView profile in profiles)
        {
            string place = profile.Problem ?? $"key {WordsOf(profile.Key!, store.FileOf(profile.Name))}{(profile.ReadOnly ? ", read-only" : "")}";
            Console.Out.WriteLine($"{profile.Name}  {profile.UrlEndpoint ?? "-"}  {place}");
            foreach (string other in (profile.UrlEndpoints ?? []).Where(url => url != profile.UrlEndpoint))
                Console.Out.WriteLine($"{new string(' ', profile.Name.Length)}  {other}");
        }
    }

    private static ProfileView View(ProfileStore store, string name)
    {
        try
        {
            Profile profile = store.Find(name)!;
            return new ProfileView
            {
                Name = name,
                UrlEndpoint = profile.UrlEndpoint,
                UrlEndpoints = profile.UrlEndpoints,
                ApiEndpoint = profile.ApiEndpoint,
                UploadEndpoint = profile.UploadEndpoint,
                Key = KeyVault.PlaceOf(profile),
                ReadOnly = profile.ReadOnly,
            };
        }
        catch (CliException e)
        {
            return new ProfileView { Name = name, Problem = e.Message };
        }
    }
}
