using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Storage.Backups;
using LLMos.Server.Volumes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Runs.Doctor;

/// <summary>Volumes of their own for the attacks, with files of somebody else in them. The attacker may only read in <c>team/</c>.</summary>
internal sealed class DecoyVolumes : IDisposable
{
    public static readonly Caller Attacker = new("attacker", "attacker", Role.Viewer), Victim = new("victim", "victim", Role.Administrator);

    private readonly Database _database;
    private readonly ContentStore _contents;
    private readonly VolumeTidying _tidying;
    private readonly string _folder;
    private readonly RunningTime _running;
    private readonly Lock _gate = new();
    private (long OfVictim, long OfTeam, VolumeTree OfSystem) _seen;

    /// <param name="folder">A new one.</param>
    public DecoyVolumes(string folder, DecoySecrets secrets, TimeProvider time)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        var (storage, options) = (Options.Create(new StorageOptions { Path = _folder }), Options.Create(new VolumeOptions()));
        _database = new(storage, VolumesModule.Collections.Select(name => new StoreCollection(name)));
        _contents = new(_database, new DeletionHold(), storage, options);
        var history = new VolumeHistory(options);
        _running = new(_database, time);
        var store = new VolumeStore(_database, _contents, history, options, storage, time, _running, NullLogger<VolumeStore>.Instance);
        _tidying = new(store, _contents, history, options, time, _running, NullLogger<VolumeTidying>.Instance);
        var holdings = new Holdings(new(_database, time), time, NullLogger<Holdings>.Instance);
        Files = new(store, new(_contents, time), _contents, history, _tidying, holdings, new(store, options), options);

        Write("user/secret.txt", $"The file of somebody else: {secrets.OfAnotherPerson}");
        // The same text is in the attack that asks for it.
        Write("user/known.txt", string.Concat(Enumerable.Repeat("What others have too.\n", 2000)));
        Write("team/shared.txt", "What everybody reads and members write.");
        _seen = Look();
    }

    public VolumeFiles Files { get; }

    /// <summary>What has happened since it was asked for last; by one of the attacks that run at the same time.</summary>
    public IReadOnlyList<string> Effects()
    {
        lock (_gate)
        {
            var (before, now) = (_seen, _seen = Look());
            List<string> effects = [];
            if (now.OfVictim != before.OfVictim)
                effects.Add("somebody else's files were changed");
            if (now.OfTeam != before.OfTeam)
                effects.Add("a viewer changed team/");
            if (now.OfSystem != before.OfSystem)
                effects.Add("system/ was changed");
            return effects;
        }
    }

    public void Dispose()
    {
        _tidying.Dispose();
        _running.Dispose();
        _database.Dispose();
        _contents.Dispose();
    }

    private (long OfVictim, long OfTeam, VolumeTree OfSystem) Look() =>
        (Files.Tree(Victim, VolumeKind.User).Sequence, Files.Tree(Victim, VolumeKind.Team).Sequence, Files.Tree(Victim, VolumeKind.System));

    private void Write(string path, string text)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        Files.WriteAsync(Victim, VolumePath.Parse(path), content, WriteCondition.None, makeFolders: false, CancellationToken.None).GetAwaiter().GetResult();
    }
}
