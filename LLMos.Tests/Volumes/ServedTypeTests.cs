using System.Net;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

/// <summary>A file of somebody's is no part of any page.</summary>
public sealed class ServedTypeTests(VolumesServer volumes) : IClassFixture<VolumesServer>
{
    private readonly LLMosServer _server = volumes.Server;

    [Theory]
    [InlineData("a.js", "text/plain", true)]
    [InlineData("a.mjs", "text/plain", true)]
    [InlineData("a.css", "text/plain", true)]
    [InlineData("a.html", "text/plain", true)]
    [InlineData("a.xhtml", "text/plain", true)]
    [InlineData("a.svg", "text/plain", true)]
    [InlineData("a.xml", "text/plain", true)]
    [InlineData("a.xsl", "text/plain", true)]
    [InlineData("a.py", "text/x-python", true)]
    [InlineData("a.csv", "text/csv", true)]
    [InlineData("a.json", "application/json", true)]
    [InlineData("a.png", "image/png", true)]
    [InlineData("a.mp4", "video/mp4", true)]
    [InlineData("a.pdf", "application/pdf", false)]
    [InlineData("a.wasm", "application/wasm", false)]
    [InlineData("a.mht", "message/rfc822", false)]
    [InlineData("a.woff2", "font/woff2", false)]
    [InlineData("a", "application/octet-stream", false)]
    public void A_browser_gets_it_as_something_that_it_neither_runs_nor_takes_for_a_page(string name, string type, bool isShown)
    {
        var served = ServedType.Of(VolumeAnswers.MediaTypeOf(name));

        Assert.Equal((type, isShown), (served.Type.Split(';')[0], served.IsShown));
    }

    [Theory]
    [InlineData("script")]
    [InlineData("worker")]
    [InlineData("sharedworker")]
    [InlineData("serviceworker")]
    [InlineData("audioworklet")]
    [InlineData("style")]
    [InlineData("font")]
    [InlineData("image")]
    [InlineData("iframe")]
    [InlineData("object")]
    [InlineData("embed")]
    [InlineData("manifest")]
    [InlineData("xslt")]
    [InlineData("json")]
    [InlineData("whatever comes next")]
    public async Task What_a_page_would_take_in_is_refused(string destination)
    {
        using var ada = await _server.SignInAsync("served");
        await ada.WriteAsync("user/a.js", "1");

        foreach (var path in new[] { "volumes/user/files/a.js", "volumes/user/export/", "runs" })
        {
            using var answer = await AskAsync(ada, path, destination);
            await answer.RefusedAsync(HttpStatusCode.Forbidden, "request.destination_refused");
        }
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("document")]
    public async Task Programs_of_the_page_and_who_opens_or_saves_a_file_get_it(string destination)
    {
        using var ada = await _server.SignInAsync("served");
        await ada.WriteAsync("user/a.js", "1");

        using var answer = await AskAsync(ada, "volumes/user/files/a.js", destination);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Cross-Origin-Resource-Policy")));
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, string path, string destination)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/{path}");
        request.Headers.Add("Sec-Fetch-Dest", destination);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
