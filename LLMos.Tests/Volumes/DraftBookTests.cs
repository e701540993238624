using LLMos.Server.Foundation.Errors;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Volumes;

public sealed class DraftBookTests : IDisposable
{
    private static readonly VolumeOptions Limits = new() { UserMegabytes = 2, TeamMegabytes = 2, FileMegabytes = 2, MaxDraftsPerPerson = 8 };
    private readonly TemporaryFolder _folder = new();
    private readonly OpenVolumes _volumes;
    private readonly DraftBook _book;

    public DraftBookTests()
    {
        _volumes = new(_folder.Path, Limits);
        _book = new(_volumes.Store, Options.Create(Limits));
    }

    [Fact]
    public void Drafts_of_one_person_share_the_room_of_the_volume_and_give_it_back()
    {
        using (var first = Begin("a"))
        using (var second = Begin("b"))
        {
            first.Resize(1_500_000);
            Assert.Throws<DomainException>(() => second.Resize(700_000));
            second.Resize(500_000);
        }

        using var third = Begin("c");
        third.Resize(2_000_000);
    }

    [Fact]
    public void Drafts_that_end_at_the_same_moment_leave_nothing_counted()
    {
        Parallel.For(0, 20_000, new() { MaxDegreeOfParallelism = Limits.MaxDraftsPerPerson }, number =>
        {
            using var draft = Begin($"f{number}");
            draft.Resize(number % 1000);
        });

        using var whole = Begin("whole");
        whole.Resize(2 * VolumeQuota.Megabyte);
    }

    public void Dispose()
    {
        _volumes.Dispose();
        _folder.Dispose();
    }

    private DraftShare Begin(string name) => _book.Begin(OpenVolumes.Anna, VolumePath.Parse($"user/{name}"), replaces: false);
}
