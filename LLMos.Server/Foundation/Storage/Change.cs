namespace LLMos.Server.Foundation.Storage;

/// <summary>One caller's change on its way to the disk.</summary>
/// <param name="usesReserve">Whether it must be possible on a full disk.</param>
internal sealed class Change(Action<Documents> apply, Action? whenDurable, Action<Exception>? whenLost, bool usesReserve)
{
    // The writer completes many callers after each other and must not run what they do next.
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _refusal;

    public Task Done => _done.Task;

    public bool UsesReserve => usesReserve;

    /// <summary>Applies the change within its group.</summary>
    /// <returns>Whether the group can go on; if not, the whole group must be taken back and made again without this change.</returns>
    public bool TryApply(Documents documents)
    {
        var before = documents.Changes;
        _refusal = null;
        try
        {
            apply(documents);
        }
        catch (Exception refusal)
        {
            _refusal = refusal;
        }

        if (documents.Broken)
            _refusal ??= new InvalidOperationException("The change hid an error of the database, which had taken back the whole group.");

        // A refusal before the first put is the ordinary case (the name is taken), and leaves nothing to take back.
        return !documents.Broken && (_refusal is null || documents.Changes == before);
    }

    /// <summary>Before anybody else may look at the database.</summary>
    public void BecomeDurable()
    {
        if (_refusal is null)
            whenDurable?.Invoke();
    }

    /// <summary>Tells the caller how it went: done, or the change's own refusal.</summary>
    public void Complete()
    {
        if (_refusal is null)
            _done.SetResult();
        else
            Fail(_refusal);
    }

    public void Fail(Exception failure)
    {
        whenLost?.Invoke(_refusal ?? failure);
        _done.SetException(_refusal ?? failure);
    }
}
