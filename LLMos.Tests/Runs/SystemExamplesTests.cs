namespace LLMos.Tests.Runs;

/// <summary>The programs in <c>system/examples</c> are promised to run as they are.</summary>
public sealed class SystemExamplesTests(SharedServer server)
{
    public static TheoryData<string> Examples =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "system", "examples")).Select(path => Path.GetFileName(path))];

    [Theory, MemberData(nameof(Examples))]
    public async Task An_example_runs(string name)
    {
        var person = await server.NewPersonAsync();
        var code = await person.Client.GetStringAsync($"/api/v1/volumes/system/files/examples/{name}", TestContext.Current.CancellationToken);

        var record = await person.RunAsync(code);

        Assert.True(record.State == "succeeded", $"{record.State}: {record.Error?.Message}");
        Assert.Equal("", record.Stderr.Text);
    }
}
