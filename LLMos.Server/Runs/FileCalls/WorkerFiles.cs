using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Server.Volumes;

namespace LLMos.Server.Runs.FileCalls;

/// <summary>The volumes as one worker uses them: what it has open, and an answer to each of its calls.</summary>
/// <remarks>The worker is hostile: every right and rule is that of <see cref="VolumeFiles"/>, asked as the run's person.</remarks>
internal sealed class WorkerFiles(VolumeFiles files) : IDisposable
{
    /// <summary>Up to here a file that is opened for reading comes with the answer and needs no handle.</summary>
    public const int WholeBytes = 65_536;

    private const int PageEntries = 500;

    private readonly OpenFiles _open = new();

    /// <summary>Answers one call.</summary>
    /// <param name="bytes">What came with the call; then room for what goes with the answer.</param>
    /// <param name="caller">The run's person, by the run.</param>
    /// <returns>The answer, and what it changed.</returns>
    /// <exception cref="ProtocolException">The call is none that this worker may make.</exception>
    public async Task<(FileAnswer Answer, ChangedFile? Change)> AnswerAsync(FileCall call, Memory<byte> bytes, Caller caller, CancellationToken cancellation)
    {
        try
        {
            return call.Call switch
            {
                "open" => (await OpenAsync(call, bytes, caller, cancellation), null),
                "read" => (new() { Bytes = _open[call].Read(call.Offset!.Value, bytes.Span[..(int)call.Length!.Value]) }, null),
                "write" => (Write(call, bytes.Span[..call.Bytes]), null),
                "resize" => (Resize(call), null),
                "discard" => (Discard(call), null),
                "commit" => await CommitAsync(call, caller, cancellation),
                "stat" => (Stat(VolumePath.Parse(call.Path!), caller), null),
                "space" => (Space(VolumePath.Parse(call.Path!), caller), null),
                "list" => (List(call, caller), null),
                _ => await ChangeAsync(call, caller),
            };
        }
        catch (DomainException refusal)
        {
            return (new() { Error = refusal.Error.Code, Message = refusal.Error.Detail }, null);
        }
    }

    public void Dispose() => _open.Dispose();

    private async Task<FileAnswer> OpenAsync(FileCall call, Memory<byte> bytes, Caller caller, CancellationToken cancellation)
    {
        _open.RequireRoom();
        var path = VolumePath.Parse(call.Path!);
        return call.Mode == "read" ? OpenToRead(path, bytes.Span, caller) : await OpenToWriteAsync(call.Mode!, path, caller, cancellation);
    }

    private FileAnswer OpenToRead(VolumePath path, Span<byte> bytes, Caller caller)
    {
        var (node, content) = OpenNewest(path, caller);
        var file = new OpenFile(path, content, draft: null);
        _open.Read.Add(path, node);
        if (content.Length > WholeBytes)
            return Told(node) with { Handle = _open.Add(file) };

        using (file)
            return Told(node) with { Bytes = file.Read(0, bytes[..(int)content.Length]) };
    }

    private async Task<FileAnswer> OpenToWriteAsync(string mode, VolumePath path, Caller caller, CancellationToken cancellation)
    {
        // As far as it can be known: the edit decides.
        VolumeAccess.ToWrite(caller, path);
        var before = files.Find(caller, path);
        if (before is FolderNode)
            throw VolumeErrors.IsFolder(path);
        if (before is null && mode is "update" or "extend")
            throw VolumeErrors.NotFound(path);
        if (before is not null && mode == "new")
            throw VolumeErrors.Exists(path);
        if (files.Stat(caller, path.Parent) is not FolderNode)
            throw VolumeErrors.IsFile(path.Parent);
        // What is added to a file takes nothing away.
        if (before is FileNode known && mode is ("write" or "update"))
            _open.Read.ConditionOf(path).Check(path, known);

        var draft = files.Draft(caller, path, replaces: mode != "append");
        var file = new OpenFile(path, content: null, draft)
        {
            Appends = mode == "append",
            Condition = mode == "append" ? WriteCondition.None : before is FileNode seen ? WriteCondition.At(seen.Tag) : WriteCondition.New,
        };
        try
        {
            if (mode is "update" or "extend")
                before = await FillAsync(file, caller, cancellation);
            return (before is null ? new() : Told(before)) with { Handle = _open.Add(file) };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Begins a draft with what is there.</summary>
    private async Task<FileNode> FillAsync(OpenFile file, Caller caller, CancellationToken cancellation)
    {
        var (node, content) = OpenNewest(file.Path, caller);
        await using var old = content;
        await file.Draft!.AppendAsync(old, files.MostFileBytes, cancellation);
        file.Condition = WriteCondition.At(node.Tag);
        _open.Read.Add(file.Path, node);
        return node;
    }

    private (FileNode File, Stream Content) OpenNewest(VolumePath path, Caller caller)
    {
        var (file, content) = files.Read(caller, path, version: null, (file, version) => files.TryOpen(version) is { } found ? Tuple.Create(file, found) : null);
        return (file, content);
    }

    private FileAnswer Write(FileCall call, ReadOnlySpan<byte> bytes)
    {
        var draft = DraftOf(call);
        Require(call.Offset!.Value + bytes.Length);
        draft.Write(call.Offset.Value, bytes);
        return new();
    }

    private FileAnswer Resize(FileCall call)
    {
        var draft = DraftOf(call);
        Require(call.Length!.Value);
        draft.SetLength(call.Length.Value);
        return new();
    }

    private FileAnswer Discard(FileCall call)
    {
        _open.Remove(call).Dispose();
        return new();
    }

    private async Task<(FileAnswer, ChangedFile?)> CommitAsync(FileCall call, Caller caller, CancellationToken cancellation)
    {
        DraftOf(call);
        using var file = _open.Remove(call);
        var node = file.Appends
            ? await files.AppendAsync(caller, file.Path, file.Draft!, file.Condition, makeFolders: false, cancellation)
            : await StageAsync(file, caller, cancellation);
        _open.Follow(file.Path, node);
        return (Told(node), Changed(file.Path, node, node.Current.Number == 1 ? RunFiles.Created : RunFiles.Changed));
    }

    private async Task<FileNode> StageAsync(OpenFile file, Caller caller, CancellationToken cancellation)
    {
        using var staged = await file.Draft!.StageAsync(cancellation);
        return await files.WriteAsync(caller, file.Path, staged, file.Condition, makeFolders: false);
    }

    private FileAnswer Stat(VolumePath path, Caller caller) =>
        Told(files.Stat(caller, path)) with { Writable = VolumeAccess.MayWrite(caller, path.Volume) };

    private FileAnswer List(FileCall call, Caller caller)
    {
        var path = VolumePath.Parse(call.Path!);
        var page = files.List(caller, path, call.After, PageEntries);
        return new() { Entries = [.. page.Entries.Select(FileFacts.Of)], Next = page.Next, Writable = VolumeAccess.MayWrite(caller, path.Volume) };
    }

    private FileAnswer Space(VolumePath path, Caller caller)
    {
        files.Stat(caller, path);
        var tree = files.Tree(caller, path.Volume);
        var (quota, totals) = (files.Quota(tree), tree.Root.Totals);
        return new() { Space = new(quota.Bytes, Math.Max(0, quota.Bytes - totals.Bytes), quota.Entries, Math.Max(0, quota.Entries - (totals.Nodes - 1))) };
    }

    private async Task<(FileAnswer, ChangedFile?)> ChangeAsync(FileCall call, Caller caller)
    {
        var path = VolumePath.Parse(call.Path!);
        switch (call.Call)
        {
            case "makeFolder":
                return (new(), Changed(path, await files.MakeFolderAsync(caller, path, makeFolders: false), RunFiles.Created));
            case "remove":
                await RemoveAsync(path, call.Mode!, caller);
                return (new(), new(path.ToString(), RunFiles.Removed));
            case "move":
                var target = VolumePath.Parse(call.To!);
                var moved = await files.MoveAsync(caller, path, target, call.Overwrite, makeFolders: false, _open.Read.ConditionOf(target));
                _open.Read.Move(path, target);
                _open.Follow(target, moved as FileNode);
                // To where it was is no change.
                return (Told(moved), path.Equals(target) ? null : Changed(target, moved, RunFiles.Moved) with { From = path.ToString() });
            default:
                return await CopyAsync(path, VolumePath.Parse(call.To!), caller);
        }
    }

    private async Task RemoveAsync(VolumePath path, string mode, Caller caller)
    {
        var node = files.Stat(caller, path);
        if (mode == "file" && node is FolderNode)
            throw VolumeErrors.IsFolder(path);
        if (mode != "file" && node is FileNode)
            throw VolumeErrors.IsFile(path);
        await files.DeleteAsync(caller, path, WriteCondition.None, recursive: mode == "tree");
        _open.Follow(path, now: null);
    }

    private async Task<(FileAnswer, ChangedFile?)> CopyAsync(VolumePath from, VolumePath to, Caller caller)
    {
        files.StatFile(caller, from);
        var copy = (FileNode)await files.CopyAsync(caller, from, to, overwrite: true, makeFolders: false, _open.Read.ConditionOf(to));
        _open.Follow(to, copy);
        return (Told(copy), Changed(to, copy, copy.Current.Number == 1 ? RunFiles.Created : RunFiles.Changed));
    }

    private ContentDraft DraftOf(FileCall call) => _open[call].Draft ?? throw new ProtocolException("a write to what is open for reading");

    private void Require(long length)
    {
        if (length > files.MostFileBytes)
            throw VolumeErrors.FileTooLarge(files.MostFileBytes);
    }

    private static FileAnswer Told(Node node) => new() { Entry = FileFacts.Of(node) };

    private static ChangedFile Changed(VolumePath path, Node node, string change) => node is FileNode { Current: var current }
        ? new(path.ToString(), change, current.Length, current.Number)
        : new(path.ToString(), change);
}
