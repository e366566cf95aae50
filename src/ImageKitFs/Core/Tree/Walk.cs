namespace ImageKitFs.Core.Tree;

/// <summary>The folders in one folder, and which of them were opened: shows when somebody walks through them. Belongs to the lock of <see cref="WalkAhead"/>.</summary>
internal sealed class Walk
{
    /// <summary>Opened out of any order that we know (find sorts by inode number), so many are a walk all the same.</summary>
    private const int OpenedInAnyOrder = 4;

    /// <summary>First so many ahead, then twice as many with each step: what is listed in vain when the walk ends is at most what it needed.</summary>
    private const int FirstWindow = 2;

    /// <summary>At 40 requests a second more is not there in time anyway.</summary>
    private const int MaxWindow = 64;

    private readonly HashSet<string> _opened = [];
    private readonly HashSet<string> _asked = [];
    private readonly Listing _listing;
    private readonly string[] _children;
    private readonly Dictionary<string, int> _places = [];
    private int _last = -1;
    private int _window;

    public Walk(Listing listing)
    {
        _listing = listing;
        var children = new List<string>();
        string prefix = listing.Folder == "/" ? "/" : listing.Folder + "/";
        for (int row = 0; row < listing.Count; row++)
        {
            if (listing.Rows.KindOf(row) == FileSystem.FileKind.Directory)
                children.Add(prefix + listing.Rows.RemoteNameOf(row));
        }

        _children = [.. children];
        Number();
    }

    /// <summary>Children are opened in turn.</summary>
    public bool IsWalking { get; private set; }

    public int Count => _children.Length;

    /// <summary>Children that nobody has asked for.</summary>
    public int Remaining => _children.Length - _asked.Count;

    /// <summary>The child opened before this one.</summary>
    public string? Last => _last < 0 ? null : _children[_last];

    /// <summary>Shortest time that was spent in one child.</summary>
    public TimeSpan Pace { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Rows and pages of the children that were listed.</summary>
    public Sample Seen { get; private set; }

    /// <summary>True while it was made of this listing; another one has other children.</summary>
    public bool IsOf(Listing listing) => ReferenceEquals(_listing, listing);

    /// <summary>What was asked for goes on counting when the parent was listed again.</summary>
    public void Continue(Walk before)
    {
        _asked.UnionWith(before._asked.Where(_places.ContainsKey));
        _opened.UnionWith(before._opened.Where(_places.ContainsKey));
        _last = before.Last is { } last ? _places.GetValueOrDefault(last, -1) : -1;
        IsWalking = before.IsWalking;
        Seen = before.Seen;
        Pace = before.Pace;
        _window = before._window;
    }

    public void Spent(TimeSpan time) => Pace = time < Pace ? time : Pace;

    public void Saw(Listing child, int pageSize) => Seen = Seen.With(child.Count, pageSize);

    /// <param name="child">Its path.</param>
    /// <param name="isWithinWalk">The parent itself was reached by a walk: then the first child is enough.</param>
    public void Opened(string child, bool isWithinWalk)
    {
        if (!_places.TryGetValue(child, out int place))
            return;
        if (!_opened.Add(child) && place != _last)
        {
            // Opened once more: another walk begins.
            _opened.Clear();
            _asked.Clear();
            _opened.Add(child);
            _last = -1;
            _window = 0;
            IsWalking = false;
        }

        bool isNext = _last >= 0 && Math.Abs(place - _last) == 1;
        if (!isNext && !IsWalking && _last >= 0 && IsNextByName(child, Last!))
        {
            // ls, rsync and file managers go by name: from here on that is the order.
            Array.Sort(_children, string.CompareOrdinal);
            Number();
            place = _places[child];
            isNext = true;
        }

        _asked.Add(child);
        IsWalking |= isNext || isWithinWalk || _opened.Count >= OpenedInAnyOrder;
        _last = place;
    }

    /// <summary>The next children to list, after the one opened last.</summary>
    /// <param name="isKnown">True for one that needs no request.</param>
    /// <param name="mostAhead">Further ones would be out of date when the walk comes to them.</param>
    public List<string> TakeAhead(Func<string, bool> isKnown, int mostAhead)
    {
        _window = Math.Clamp(_window * 2, FirstWindow, MaxWindow);
        var ahead = new List<string>();
        int end = Math.Min(_children.Length, _last + 1 + Math.Min(_window, mostAhead));
        for (int place = _last + 1; place < end; place++)
        {
            _asked.Add(_children[place]);
            if (!isKnown(_children[place]))
                ahead.Add(_children[place]);
        }

        return ahead;
    }

    private void Number()
    {
        for (int place = 0; place < _children.Length; place++)
            _places[_children[place]] = place;
    }

    /// <summary>No child's name lies between the two.</summary>
    private bool IsNextByName(string child, string last)
    {
        if (string.CompareOrdinal(child, last) < 0)
            return false;
        foreach (string other in _children)
        {
            if (string.CompareOrdinal(other, last) > 0 && string.CompareOrdinal(other, child) < 0)
                return false;
        }

        return true;
    }

    /// <summary>What the children listed so far cost.</summary>
    internal readonly record struct Sample(int Folders, long Rows, long Pages)
    {
        public Sample With(int rows, int pageSize) =>
            new(Folders + 1, Rows + rows, Pages + 1 + (rows < pageSize ? 0 : 1 + ((rows - pageSize) / (pageSize - 1))));
    }
}
