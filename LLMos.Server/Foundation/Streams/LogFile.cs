using LLMos.Server.Foundation.Storage;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Server.Foundation.Streams;

/// <summary>The file of one log: a handle for its producer, and one that its readers share and the last of them closes.</summary>
internal sealed class LogFile(string path, LogWrite write)
{
    private const FileShare Sharing = FileShare.ReadWrite | FileShare.Delete;

    private readonly Lock _gate = new();
    private SafeFileHandle? _producer;
    private SafeFileHandle? _shared;
    private int _readers;
    private bool _ragged = true;

    public string Path { get; } = path;

    public void Create()
    {
        _producer = File.OpenHandle(Path, FileMode.CreateNew, FileAccess.ReadWrite, Sharing);
        try
        {
            Write(LogHeader.Live(), [], 0);
        }
        catch
        {
            Close();
            File.Delete(Path);
            throw;
        }
    }

    /// <summary>The file's first bytes, as many of a header as there are.</summary>
    public byte[] ReadHeader(out long fileLength)
    {
        var file = Borrow();
        try
        {
            fileLength = RandomAccess.GetLength(file);
            var header = new byte[Math.Min(fileLength, LogHeader.Bytes)];
            RandomAccess.Read(file, header, 0);
            return header;
        }
        finally
        {
            Return();
        }
    }

    /// <summary>Writes both parts at <paramref name="offset"/>, the file's end, or neither.</summary>
    public void Write(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, long offset)
    {
        var producer = Producer();
        try
        {
            CutAt(offset);
            _ragged = true;
            write(producer, first, offset);
            if (!second.IsEmpty)
                write(producer, second, offset + first.Length);
            _ragged = false;
        }
        catch (IOException failure)
        {
            try
            {
                CutAt(offset);
            }
            catch (IOException)
            {
                // Still ragged: the next append cuts before it writes.
            }

            if (StorageErrors.IsFull(failure))
                throw StorageErrors.Full();
            throw;
        }
    }

    public void WriteCompletion(LogTotals totals)
    {
        var producer = Producer();
        CutAt(totals.End);
        write(producer, LogHeader.Completed(totals), 0);
    }

    public SafeFileHandle Borrow()
    {
        lock (_gate)
        {
            _shared ??= File.OpenHandle(Path, FileMode.Open, FileAccess.Read, Sharing);
            _readers++;
            return _shared;
        }
    }

    public void Return()
    {
        lock (_gate)
        {
            if (--_readers > 0)
                return;

            _shared!.Dispose();
            _shared = null;
        }
    }

    /// <summary>Closes the producer's handle; readers keep theirs.</summary>
    public void Close()
    {
        _producer?.Dispose();
        _producer = null;
    }

    // Opened on demand: who only reads an old log needs no right to write it. A log that goes on is live again, whatever
    // its header says or lacks after a crash.
    private SafeFileHandle Producer()
    {
        if (_producer is not null)
            return _producer;

        var producer = File.OpenHandle(Path, FileMode.Open, FileAccess.ReadWrite, Sharing);
        try
        {
            write(producer, LogHeader.Live(), 0);
        }
        catch (IOException failure)
        {
            producer.Dispose();
            if (StorageErrors.IsFull(failure))
                throw StorageErrors.Full();
            throw;
        }

        return _producer = producer;
    }

    // Removes what a failed write, or a crash before this log was opened, left behind the last record.
    private void CutAt(long offset)
    {
        if (!_ragged)
            return;

        if (RandomAccess.GetLength(_producer!) > offset)
            RandomAccess.SetLength(_producer!, offset);
        _ragged = false;
    }
}
