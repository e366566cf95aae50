using System.Text;

namespace ImageKitFs.Emulator.Search;

/// <summary>The comparisons of the language.</summary>
internal enum QueryOperator
{
    /// <summary><c>=</c></summary>
    Equal,

    /// <summary><c>&lt;</c></summary>
    Less,

    /// <summary><c>&lt;=</c></summary>
    LessOrEqual,

    /// <summary><c>&gt;</c></summary>
    Greater,

    /// <summary><c>&gt;=</c></summary>
    GreaterOrEqual,

    /// <summary><c>:</c></summary>
    Prefix,

    /// <summary><c>IN</c></summary>
    In,
}

/// <summary>
/// <code>
/// or         = and { "OR" and }
/// and        = test { "AND" test }
/// test       = "(" or ")" | "NOT" "(" or ")" | field [ "NOT" ] operator value
/// operator   = "=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=" | ":" | "IN"
/// value      = text | "[" [ text { "," text } ] "]"
/// text, field = word | '"' characters with backslash escapes '"'
/// </code>
/// </summary>
internal sealed class QueryParser<T>(string text, Func<string, QueryOperator, IReadOnlyList<string>, Func<T, bool>?> comparison)
{
    private readonly List<Token> _tokens = [];
    private int _at;

    /// <summary>The test that the text describes, or null when it is not in the language.</summary>
    public Func<T, bool>? Parse()
    {
        if (!Tokenize())
            return null;
        Func<T, bool>? query = Or();
        return _at == _tokens.Count ? query : null;
    }

    private Func<T, bool>? Or()
    {
        Func<T, bool>? left = And();
        while (left is not null && TakeWord("OR"))
        {
            if (And() is not { } right)
                return null;
            Func<T, bool> first = left;
            left = item => first(item) || right(item);
        }

        return left;
    }

    private Func<T, bool>? And()
    {
        Func<T, bool>? left = Test();
        while (left is not null && TakeWord("AND"))
        {
            if (Test() is not { } right)
                return null;
            Func<T, bool> first = left;
            left = item => first(item) && right(item);
        }

        return left;
    }

    private Func<T, bool>? Test()
    {
        bool isNegated = TakeWord("NOT");
        if (TakeSymbol("("))
        {
            Func<T, bool>? inner = Or();
            return inner is not null && TakeSymbol(")") ? Negated(inner, isNegated) : null;
        }

        if (isNegated || Take() is not { IsSymbol: false } field)
            return null;
        isNegated = TakeWord("NOT");
        if (Operator() is not { } op || Value(op) is not { } values || comparison(field.Text, op, values) is not { } test)
            return null;
        return Negated(test, isNegated);
    }

    private static Func<T, bool> Negated(Func<T, bool> test, bool isNegated) => isNegated ? item => !test(item) : test;

    private QueryOperator? Operator()
    {
        if (TakeWord("IN"))
            return QueryOperator.In;
        return Take() switch
        {
            { IsSymbol: true, Text: "=" } => QueryOperator.Equal,
            { IsSymbol: true, Text: "<" } => QueryOperator.Less,
            { IsSymbol: true, Text: "<=" } => QueryOperator.LessOrEqual,
            { IsSymbol: true, Text: ">" } => QueryOperator.Greater,
            { IsSymbol: true, Text: ">=" } => QueryOperator.GreaterOrEqual,
            { IsSymbol: true, Text: ":" } => QueryOperator.Prefix,
            _ => null,
        };
    }

    private List<string>? Value(QueryOperator op)
    {
        if (op != QueryOperator.In)
            return Take() is { IsSymbol: false } single ? [single.Text] : null;
        if (!TakeSymbol("["))
            return null;
        List<string> values = [];
        while (!TakeSymbol("]"))
        {
            if (values.Count > 0 && !TakeSymbol(","))
                return null;
            if (Take() is not { IsSymbol: false } value)
                return null;
            values.Add(value.Text);
        }

        return values;
    }

    private Token? Take() => _at < _tokens.Count ? _tokens[_at++] : null;

    private bool TakeWord(string word)
    {
        bool found = _at < _tokens.Count && _tokens[_at] is { IsSymbol: false, IsQuoted: false } token && string.Equals(token.Text, word, StringComparison.OrdinalIgnoreCase);
        _at += found ? 1 : 0;
        return found;
    }

    private bool TakeSymbol(string symbol)
    {
        bool found = _at < _tokens.Count && _tokens[_at].IsSymbol && _tokens[_at].Text == symbol;
        _at += found ? 1 : 0;
        return found;
    }

    private bool Tokenize()
    {
        int i = 0;
        while (i < text.Length)
        {
            char c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (c == '"')
            {
                if (!TryReadQuoted(ref i, out string quoted))
                    return false;
                _tokens.Add(new Token(quoted, IsSymbol: false, IsQuoted: true));
            }
            else if ("()[],:=<>".Contains(c, StringComparison.Ordinal))
            {
                int length = c is '<' or '>' && i + 1 < text.Length && text[i + 1] == '=' ? 2 : 1;
                _tokens.Add(new Token(text.Substring(i, length), IsSymbol: true, IsQuoted: false));
                i += length;
            }
            else
            {
                int start = i;
                while (i < text.Length && !char.IsWhiteSpace(text[i]) && !"()[],:=<>\"".Contains(text[i], StringComparison.Ordinal))
                    i++;
                _tokens.Add(new Token(text[start..i], IsSymbol: false, IsQuoted: false));
            }
        }

        return true;
    }

    private bool TryReadQuoted(ref int i, out string quoted)
    {
        var read = new StringBuilder();
        for (i++; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                i++;
                quoted = read.ToString();
                return true;
            }

            if (text[i] == '\\' && i + 1 < text.Length)
                i++;
            read.Append(text[i]);
        }

        quoted = "";
        return false;
    }

    private sealed record Token(string Text, bool IsSymbol, bool IsQuoted);
}
