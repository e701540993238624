using System.Net;
using System.Net.Http.Json;
using LLMos.Server.Devices;
using LLMos.Server.Foundation.Errors;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

/// <summary>Programs open boards by what people call them.</summary>
public sealed class DeviceNamesTests(LendingServer lending) : IClassFixture<LendingServer>
{
    private readonly LLMosServer _server = lending.Server;

    [Fact]
    public async Task A_renaming_is_in_the_devices_log_with_who_did_it()
    {
        var (id, anna) = await BoardAsync("a");

        await DescribeAsync(anna, id, "rack 7", "left", "hot");

        Assert.Equal(
            [("named", "names-a", "renamed from 'Board a' to 'rack 7'"), ("named", "names-a", "tagged left, hot")],
            Device(id).Log.Read(0, 1000).Where(happened => happened.Kind == "named").Select(happened => (happened.Kind, happened.By, happened.Text)));
    }

    [Fact]
    public async Task Who_has_a_device_names_it_and_an_administrator_does()
    {
        var (id, anna) = await BoardAsync("b");
        using var ben = await _server.SignInAsync("names-ben");
        using var administrator = await _server.SignInAsAdministratorAsync();
        await ben.LeaseAsync(id);

        using (var refused = await AskAsync(anna, id, "mine now"))
            await refused.RefusedAsync(HttpStatusCode.Forbidden, "devices.describe_forbidden");
        await DescribeAsync(ben, id, "bens");
        await DescribeAsync(administrator, id, "the house's");
    }

    [Fact]
    public async Task A_name_that_programs_may_open_another_device_by_is_not_given_again()
    {
        var (real, anna) = await BoardAsync("c");
        var (other, eve) = await BoardAsync("d");
        await DescribeAsync(anna, real, "bench c");

        foreach (var taken in new[] { "bench c", "Board c", real })
        {
            using var refused = await AskAsync(eve, other, taken);
            await refused.RefusedAsync(HttpStatusCode.Conflict, "devices.name_taken");
        }

        // Not by way of another name either.
        await DescribeAsync(eve, real, "out of the way");
        using (var refused = await AskAsync(eve, other, "bench c"))
            await refused.RefusedAsync(HttpStatusCode.Conflict, "devices.name_taken");
        await DescribeAsync(anna, real, "bench c");
        Assert.Equal(real, _server.Registry().Named("bench c").Identity.Id);
    }

    [Fact]
    public async Task What_a_lender_calls_a_port_never_stands_in_for_a_devices_name()
    {
        var (real, anna) = await BoardAsync("e");
        await DescribeAsync(anna, real, "Board f");
        await BoardAsync("f");
        Assert.Equal(real, _server.Registry().Named("Board f").Identity.Id);

        await DescribeAsync(anna, real, "elsewhere");

        Assert.Equal("devices.ambiguous", Assert.Throws<DomainException>(() => _server.Registry().Named("Board f")).Error.Code);
    }

    [Theory]
    [InlineData("a\u202eb")]
    [InlineData("\u001b[31m")]
    [InlineData("line\nend")]
    [InlineData("a\u200bb")]
    public async Task Names_and_tags_have_no_characters_that_hide_or_act(string text)
    {
        var (id, anna) = await BoardAsync("g");

        using var name = await AskAsync(anna, id, text);
        using var tag = await AskAsync(anna, id, "g", text);

        await name.RefusedAsync(HttpStatusCode.BadRequest, "devices.argument_invalid");
        await tag.RefusedAsync(HttpStatusCode.BadRequest, "devices.argument_invalid");
    }

    private async Task<(string Id, HttpClient Owner)> BoardAsync(string name)
    {
        var token = await lending.NextLenderAsync();
        var port = LendingClient.Port(name);
        var lender = await LendingClient.StartAsync(_server, token, port);
        return (lender.Lent.DeviceId!, await _server.SignInAsync($"names-{name}"));
    }

    private Device Device(string id) => _server.Registry().Get(id);

    private static Task<HttpResponseMessage> AskAsync(HttpClient client, string id, string name, params string[] tags) =>
        client.PatchAsync($"/api/v1/devices/{id}", JsonContent.Create(new DescribeDeviceRequest(name, tags)));

    private static async Task DescribeAsync(HttpClient client, string id, string name, params string[] tags)
    {
        using var answer = await AskAsync(client, id, name, tags);
        await answer.ReadAsync<DeviceSummary>();
    }
}
