using LLMos.Server.Runs;

namespace LLMos.Tests.Runs.Files;

public sealed class RunFilesTests
{
    private readonly RunFiles _files = new();

    [Theory]
    [InlineData("created a;changed a", "created a")]
    [InlineData("created a;removed a", "")]
    [InlineData("changed a;removed a", "removed a")]
    [InlineData("removed a;created a", "changed a")]
    [InlineData("created a;moved b<a", "created b")]
    [InlineData("changed a;moved b<a", "moved b<a")]
    [InlineData("moved b<a;changed b", "moved b<a")]
    [InlineData("created a;moved b<a;removed b", "")]
    [InlineData("moved b<a;moved c<b", "moved c<a")]
    [InlineData("moved b<a;removed b", "removed a")]
    [InlineData("changed x;created a;created b", "changed x;created a;created b")]
    public void What_happened_to_a_path_is_told_as_what_it_came_to(string steps, string record)
    {
        foreach (var step in steps.Split(';'))
            _files.Add(Parse(step));

        Assert.Equal(record, string.Join(';', _files.Record().Files.Select(file => file.From is null ? $"{file.Change} {file.Path}" : $"{file.Change} {file.Path}<{file.From}")));
    }

    [Fact]
    public void A_thousand_are_listed_and_the_rest_is_counted()
    {
        for (var number = 0; number < 1500; number++)
            _files.Add(new($"user/{number}", "created"));

        Assert.Equal((1000, 500), (_files.Record().Files.Count, _files.Record().Omitted));
    }

    private static ChangedFile Parse(string step)
    {
        var (change, paths) = (step.Split(' ')[0], step.Split(' ')[1].Split('<'));
        return new(paths[0], change, From: paths.ElementAtOrDefault(1));
    }
}
