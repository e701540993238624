using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Architecture;

/// <summary>What crosses the wire changes only together with its approved file, so that a review sees it.</summary>
public sealed class WireContractTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Routes_are_the_approved_ones()
    {
        await using var server = new ServerWithoutPrograms();

        Approve("routes", server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["ANY"])
                .Select(method => $"{method} {endpoint.RoutePattern.RawText}"))
            .Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Hub_methods_are_the_approved_ones() =>
        Approve("hubs", typeof(RunHub).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Hub))).OrderBy(type => type.Name).ToDictionary(
            hub => hub.Name,
            hub => hub.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(method => !method.IsSpecialName && method.GetBaseDefinition().DeclaringType == hub)
                .OrderBy(method => method.Name)
                .Select(method => $"{NameOf(method.ReturnType)} {method.Name}({string.Join(", ", method.GetParameters().Where(parameter => parameter.ParameterType != typeof(CancellationToken)).Select(parameter => $"{NameOf(parameter.ParameterType)} {parameter.Name}"))})")));

    [Fact]
    public void Members_of_what_is_sent_are_the_approved_ones() =>
        Approve("contracts", Contracts().ToDictionary(
            contract => contract.Name,
            contract => MembersOf(contract).ToDictionary(member => JsonNamingPolicy.CamelCase.ConvertName(member.Name), member => NameOf(member))));

    [Fact]
    public void Both_protocols_use_the_same_names()
    {
        var differing = from contract in Contracts()
                        where contract.IsDefined(typeof(MessagePack.MessagePackObjectAttribute))
                        from member in MembersOf(contract)
                        where member.GetCustomAttribute<MessagePack.KeyAttribute>()?.StringKey != JsonNamingPolicy.CamelCase.ConvertName(member.Name)
                        select $"{contract.Name}.{member.Name}";

        Assert.Empty(differing);
    }

    private static IOrderedEnumerable<Type> Contracts()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Root(), "LLMos.Server"), "*Contracts.cs", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        return typeof(RunHub).Assembly.GetExportedTypes()
            .Where(type => files.Any(file => file.Contains($"public sealed record {type.Name}", StringComparison.Ordinal)))
            .OrderBy(type => type.Name, StringComparer.Ordinal);
    }

    private static PropertyInfo[] MembersOf(Type contract) => contract.GetProperties(BindingFlags.Public | BindingFlags.Instance);

    private static string NameOf(PropertyInfo member) =>
        NameOf(member.PropertyType) + (new NullabilityInfoContext().Create(member) is { ReadState: NullabilityState.Nullable } && !member.PropertyType.IsValueType ? "?" : "");

    private static string NameOf(Type type) =>
        Nullable.GetUnderlyingType(type) is { } underlying ? $"{NameOf(underlying)}?"
        : type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`')]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;

    private static void Approve(string name, object wire)
    {
        var approved = Path.Combine(Root(), "LLMos.Tests", "Architecture", "approved", $"{name}.json");
        var received = JsonSerializer.Serialize(wire, Indented) + "\n";
        if (File.Exists(approved) && File.ReadAllText(approved) == received)
            return;

        var path = Path.ChangeExtension(approved, ".received.json");
        File.WriteAllText(path, received);
        Assert.Fail($"The wire changed. If that is meant, replace {Path.GetFileName(approved)} by {Path.GetFileName(path)} and change the page's contracts with it.");
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
