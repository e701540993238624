using LLMos.Server.Foundation.Storage;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Foundation;

public sealed class HiddenFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_keeps_its_name_which_is_another_in_each_place()
    {
        var one = HiddenFolder.Open(_folder["one"]);

        Assert.Equal(one, HiddenFolder.Open(_folder["one"]));
        Assert.Equal(one, HiddenFolder.Find(_folder["one"]));
        Assert.Matches("^[0-9a-f]{32}$", Path.GetFileName(one));
        Assert.NotEqual(Path.GetFileName(one), Path.GetFileName(HiddenFolder.Open(_folder["two"])));
    }

    [Fact]
    public void What_an_earlier_version_left_moves_in_also_when_half_of_it_has_moved_already()
    {
        Write("ab/ab01", "a");
        Write("cd/cd01", "b");
        Write("1.log", "c");
        var hidden = HiddenFolder.Open(_folder.Path);
        // Stopped half-way, or an earlier version was there again for a while.
        Write("ab/ab02", "d");
        Write("ab/ab01", "A");
        Write("2.log", "e");

        Assert.Equal(hidden, HiddenFolder.Open(_folder.Path));

        Assert.Equal([hidden], Directory.EnumerateFileSystemEntries(_folder.Path));
        Assert.Equal(
            ["1.log c", "2.log e", "ab/ab01 A", "ab/ab02 d", "cd/cd01 b"],
            Directory.EnumerateFiles(hidden, "*", SearchOption.AllDirectories).Select(file => $"{Path.GetRelativePath(hidden, file)} {File.ReadAllText(file)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Two_of_them_become_one()
    {
        var (first, second) = (new string('a', 32), new string('b', 32));
        Write($"{first}/ab/ab01", "a");
        Write($"{second}/ab/ab02", "b");

        var hidden = HiddenFolder.Open(_folder.Path);

        Assert.Equal(_folder[first], hidden);
        Assert.Equal(["ab/ab01", "ab/ab02"], Directory.EnumerateFiles(hidden, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(hidden, file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Where_there_is_none_things_are_in_the_folder_itself()
    {
        Assert.Equal(_folder.Path, HiddenFolder.Find(_folder.Path));
        Assert.Equal(_folder["missing"], HiddenFolder.Find(_folder["missing"]));
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllText(_folder[name], text);
    }
}
