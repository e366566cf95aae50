using System.Globalization;
using ImageKitFs.Emulator.Faults;

namespace ImageKitFs.Emulator;

/// <summary>Rules about which requests go wrong, and how. Safe to change while requests run.</summary>
public sealed class FaultPlan
{
    private readonly Lock _gate = new();
    private readonly Random _lots;
    private List<FaultRule> _rules = [];
    private int _fired;

    internal FaultPlan(int seed) => _lots = new Random(seed);

    /// <summary>How many requests have gone wrong on purpose.</summary>
    public int Fired => Volatile.Read(ref _fired);

    /// <summary>A plan of its own, for instance to check rules before a server starts with them.</summary>
    /// <remarks>
    /// One rule a line, or several separated by <c>;</c>. Empty lines and lines that start with <c>#</c> are skipped. The first rule that
    /// fits a request decides; a rule used up no longer fits.
    /// <code>
    /// rule     = kind { modifier } "=" action
    /// kind     = "any" (every endpoint and delivery) | "api" (every endpoint but delivery) | a name of <see cref="EndpointKind"/>, such as list or upload
    /// modifier = "*" N       at most N times
    ///          | "%" P       with a probability of P percent, drawn from the seed
    ///          | "+" N       not before N fitting requests went by
    ///          | "~" TEXT    only when the path (or a JSON body, or an upload's target path) contains TEXT; the last modifier
    /// action   = "status:" CODE [":" MESSAGE]   JSON error
    ///          | "html:" CODE                   HTML error page
    ///          | "empty:" CODE                  no body
    ///          | "throttle:" MS                 429 with X-RateLimit-Reset: MS
    ///          | "reset"                        connection cut
    ///          | "stall:" MS                    waits, then goes on as usual
    ///          | "malformed"                    body that is not JSON
    ///          | "truncate" [":" BYTES]         connection cut after BYTES of the body (default: half of it)
    ///          | "extra" [":" BYTES]            BYTES (default 16) too many, chunked
    ///          | "stall-body:" MS               waits in the middle of the body
    ///          | "drip:" MS                     64 bytes at a time, MS between them
    ///          | "rows"                         hostile rows in a listing: missing and null members, names with / .. NUL, duplicates
    ///          | "norange"                      200 and the whole body for a range request
    ///          | "wrong-range"                  Content-Range with a wrong total
    ///          | "partial"                      207 for bulk delete and tags: the last file failed
    /// </code>
    /// <c>status</c>, <c>html</c>, <c>empty</c> and <c>reset</c> happen instead of the effect; with <c>-after</c> behind the word, as in
    /// <c>upload*1=reset-after</c>, the effect takes place and the reply is lost. All others change a reply whose effect took place.
    /// </remarks>
    /// <exception cref="FormatException">A rule is not in the grammar; the message says which and why.</exception>
    public static FaultPlan Parse(string rules, int seed = 0)
    {
        var plan = new FaultPlan(seed);
        plan.Add(rules);
        return plan;
    }

    /// <summary>Adds rules behind those there are.</summary>
    /// <exception cref="FormatException">As <see cref="Parse"/>; nothing is added then.</exception>
    public void Add(string rules)
    {
        List<FaultRule> added = ParseRules(rules);
        lock (_gate)
            _rules = [.. _rules, .. added];
    }

    /// <summary>Puts rules in the place of those there are; empty text removes all.</summary>
    /// <exception cref="FormatException">As <see cref="Parse"/>; nothing changes then.</exception>
    public void Replace(string rules)
    {
        List<FaultRule> replacement = ParseRules(rules);
        lock (_gate)
            _rules = replacement;
    }

    /// <summary>Removes all rules.</summary>
    public void Clear() => Replace("");

    /// <summary>The fault for a request, or null. Without a subject, rules about paths are left for a later call that has one.</summary>
    internal FaultAction? Take(string kind, string? subject, bool onlyAboutPaths = false)
    {
        lock (_gate)
        {
            foreach (FaultRule rule in _rules)
            {
                if (onlyAboutPaths && rule.Path is null)
                    continue;
                if (!rule.Fits(kind, subject) || !rule.Draw(_lots))
                    continue;
                Interlocked.Increment(ref _fired);
                return rule.Action;
            }
        }

        return null;
    }

    private static List<FaultRule> ParseRules(string rules)
    {
        List<FaultRule> parsed = [];
        foreach (string line in rules.Split(['\n', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith('#'))
                parsed.Add(ParseRule(line));
        }

        return parsed;
    }

    private static FaultRule ParseRule(string rule)
    {
        int equals = rule.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            throw new FormatException($"fault '{rule}': expected KIND=ACTION");
        string left = rule[..equals];
        string? path = null;
        int tilde = left.IndexOf('~', StringComparison.Ordinal);
        if (tilde >= 0)
            (left, path) = (left[..tilde], left[(tilde + 1)..]);
        int end = left.IndexOfAny(['*', '%', '+']);
        string kind = (end < 0 ? left : left[..end]).Trim();
        if (kind is not ("any" or "api") && !EndpointKind.All.Contains(kind, StringComparer.Ordinal))
            throw new FormatException($"fault '{rule}': unknown kind '{kind}'; one of any, api, {string.Join(", ", EndpointKind.All)}");
        var parsed = new FaultRule(kind, path, ParseAction(rule, rule[(equals + 1)..].Trim()));
        while (end >= 0)
        {
            int next = left.IndexOfAny(['*', '%', '+'], end + 1);
            int value = ParseNumber(rule, next < 0 ? left[(end + 1)..] : left[(end + 1)..next]);
            switch (left[end])
            {
                case '*':
                    parsed.TimesLeft = value;
                    break;
                case '+':
                    parsed.SkipLeft = value;
                    break;
                default:
                    parsed.Percent = value is >= 1 and <= 100 ? value : throw new FormatException($"fault '{rule}': the probability is 1 to 100 percent");
                    break;
            }

            end = next;
        }

        return parsed;
    }

    private static FaultAction ParseAction(string rule, string text)
    {
        string[] parts = text.Split(':', 3);
        string word = parts[0];
        bool isAfter = word.EndsWith("-after", StringComparison.Ordinal);
        if (isAfter)
            word = word[..^6];
        int? number = parts.Length > 1 ? ParseNumber(rule, parts[1]) : null;
        FaultAction action = word switch
        {
            "status" => new FaultAction(FaultKind.Status, Status: ParseStatus(rule, number), Message: parts.Length > 2 ? parts[2] : null),
            "html" => new FaultAction(FaultKind.Html, Status: ParseStatus(rule, number)),
            "empty" => new FaultAction(FaultKind.Empty, Status: ParseStatus(rule, number)),
            "throttle" => new FaultAction(FaultKind.Throttle, Status: 429, Amount: Needed(rule, number)),
            "reset" => new FaultAction(FaultKind.Reset),
            "stall" => new FaultAction(FaultKind.Stall, Amount: Needed(rule, number)),
            "malformed" => new FaultAction(FaultKind.Malformed),
            "truncate" => new FaultAction(FaultKind.Truncate, Amount: number ?? -1),
            "extra" => new FaultAction(FaultKind.Extra, Amount: number ?? 16),
            "stall-body" => new FaultAction(FaultKind.StallBody, Amount: Needed(rule, number)),
            "drip" => new FaultAction(FaultKind.Drip, Amount: Needed(rule, number)),
            "rows" => new FaultAction(FaultKind.Rows),
            "norange" => new FaultAction(FaultKind.NoRange),
            "wrong-range" => new FaultAction(FaultKind.WrongRange),
            "partial" => new FaultAction(FaultKind.Partial),
            _ => throw new FormatException($"fault '{rule}': unknown action '{word}'"),
        };
        if (parts.Length > 2 && action.Kind != FaultKind.Status)
            throw new FormatException($"fault '{rule}': only status takes a message");
        if (isAfter && action.Kind is not (FaultKind.Status or FaultKind.Html or FaultKind.Empty or FaultKind.Reset))
            throw new FormatException($"fault '{rule}': '{word}' has no -after form");
        return action with { IsAfter = isAfter };
    }

    private static int ParseNumber(string rule, string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FormatException($"fault '{rule}': '{text}' is not a number");

    private static int Needed(string rule, int? number) => number ?? throw new FormatException($"fault '{rule}': the action needs milliseconds, as in stall:500");

    private static int ParseStatus(string rule, int? number) =>
        number is >= 200 and <= 599 ? number.Value : throw new FormatException($"fault '{rule}': the action needs a status, as in status:503");
}
