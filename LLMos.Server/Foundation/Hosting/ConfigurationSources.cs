using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>Where settings come from, later ones winning: appsettings.json, the data folder's, <c>LLMos__…</c>, the command line.</summary>
internal static class ConfigurationSources
{
    public const string Prefix = "LLMos__";
    private const string FileSuffix = ":FILE";
    private const string DefaultUrls = "http://127.0.0.1:8080";

    public static void AddConfigurationSources(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var beforeOurs = configuration.Sources.Count(source => source is not CommandLineConfigurationSource);
        var commandLine = configuration.Sources.OfType<CommandLineConfigurationSource>().ToList();

        var environment = new ConfigurationBuilder().AddEnvironmentVariables(Prefix).Build();
        commandLine.ForEach(source => configuration.Sources.Remove(source));
        configuration.AddEnvironmentVariables(Prefix);
        configuration.AddInMemoryCollection(ContentsOfFiles(environment));
        commandLine.ForEach(configuration.Sources.Add);

        // Last to be known, because all the others may say where the data folder is.
        var inDataFolder = new JsonConfigurationSource
        {
            Path = Path.GetFullPath(Path.Combine(configuration["Data:Path"] ?? "data", "appsettings.json")),
            Optional = true,
        };
        inDataFolder.ResolveFileProvider();
        configuration.Sources.Insert(beforeOurs, inDataFolder);

        // First of all, and not in appsettings.json, because that wins over ASPNETCORE_URLS.
        configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = [new(WebHostDefaults.ServerUrlsKey, DefaultUrls)] });
    }

    /// <summary><c>LLMos__FirstRun__AdminPassword__FILE=/run/secrets/x</c> sets <c>FirstRun:AdminPassword</c>; a missing file stops the start.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> ContentsOfFiles(IConfiguration environment) =>
        from pair in environment.AsEnumerable()
        where pair.Key.EndsWith(FileSuffix, StringComparison.Ordinal) && !string.IsNullOrEmpty(pair.Value)
        select KeyValuePair.Create(pair.Key[..^FileSuffix.Length], (string?)ContentOf(pair.Key, pair.Value!));

    private static string ContentOf(string key, string path) => File.Exists(path)
        ? File.ReadAllText(path).Trim()
        : throw new FileNotFoundException($"The setting {Prefix}{key.Replace(":", "__", StringComparison.Ordinal)} names a file that is not there: {path}");
}
