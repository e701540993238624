namespace LLMos.Server.Foundation.Storage;

/// <summary>A file of nothing that keeps room on the data folder's disk, for the changes by which a full disk is freed.</summary>
/// <remarks>
/// Let go piece by piece while such a change needs it, and taken back at once as far as there is room: what others write on
/// a full disk never gets it. Its bytes are random, so that no file system saves them away.
/// </remarks>
internal sealed class DiskReserve : IDisposable
{
    public const string FileName = "llmos.reserve";

    private const int PieceBytes = 256 * 1024, BlockBytes = 4096;

    // Of a small disk it is a small part.
    private const int MostOfDisk = 8;

    // A run writes its log, and the database its record.
    private const long RoomBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly DriveInfo _disk;
    private readonly string _path;
    private readonly long _wanted;
    private FileStream? _file;
    private long _held;
    private int _lent;

    /// <param name="bytes">How many it keeps, at most an eighth of the disk; 0: none.</param>
    public DiskReserve(string folder, long bytes)
    {
        (_disk, _path) = (new(folder), Path.Combine(folder, FileName));
        _wanted = Math.Min(bytes, Ask(disk => disk.TotalSize) / MostOfDisk) / BlockBytes * BlockBytes;
        TakeBack();
    }

    /// <summary>Whether ordinary changes may be tried: not while a part of this is let go for another.</summary>
    public bool IsLent => Volatile.Read(ref _lent) > 0;

    public bool IsWhole
    {
        get
        {
            lock (_gate)
                return _held == _wanted;
        }
    }

    /// <summary>Whether the disk has room for more than what frees it.</summary>
    public bool DiskHasRoom()
    {
        TakeBack();
        return IsWhole && Ask(disk => disk.AvailableFreeSpace) >= RoomBytes;
    }

    /// <summary>Does what must be possible on a full disk: as often as it fails for want of room, a piece more is let go.</summary>
    /// <exception cref="Exception">What <paramref name="act"/> throws when there is nothing left to let go, or for another reason.</exception>
    public T Use<T>(Func<T> act)
    {
        var lends = false;
        try
        {
            while (true)
            {
                try
                {
                    return act();
                }
                catch (Exception failure) when (StorageErrors.IsFull(failure) && TryLetGo())
                {
                    if (!lends)
                        Interlocked.Increment(ref _lent);
                    lends = true;
                }
            }
        }
        finally
        {
            if (lends)
            {
                TakeBack();
                Interlocked.Decrement(ref _lent);
            }
        }
    }

    public void Use(Action act) => Use(() =>
    {
        act();
        return true;
    });

    /// <summary>Takes what is missing, as far as there is room.</summary>
    public void TakeBack()
    {
        lock (_gate)
        {
            if (_held == _wanted && _file is not null)
                return;
            try
            {
                Fill();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Full, or as good as that: what was written of a piece is kept too, and the rest asked for again.
                Cut();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _file?.Dispose();
    }

    private bool TryLetGo()
    {
        lock (_gate)
        {
            if (_file is null || _held == 0)
                return false;

            _held = Math.Max(0, _held - PieceBytes);
            _file.SetLength(_held);
            return true;
        }
    }

    private void Fill()
    {
        _file ??= new(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        _held = Math.Min(_file.Length, _wanted);
        _file.SetLength(_held);
        var piece = new byte[PieceBytes];
        while (_held < _wanted)
        {
            Random.Shared.NextBytes(piece);
            _file.Position = _held;
            _file.Write(piece, 0, (int)Math.Min(PieceBytes, _wanted - _held));
            _held = _file.Position;
        }
    }

    private void Cut()
    {
        if (_file is null)
            return;
        _held = Math.Min(_file.Length, _wanted) / BlockBytes * BlockBytes;
        _file.SetLength(_held);
    }

    private long Ask(Func<DriveInfo, long> ask)
    {
        try
        {
            return ask(_disk);
        }
        catch (IOException)
        {
            // Not to be known: then writing tells.
            return long.MaxValue;
        }
    }
}
