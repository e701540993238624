using System.Collections.Frozen;
using System.Reflection;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>Finds settings that nothing reads: a misspelt limit would else be no limit, without a word.</summary>
internal static partial class UnknownSettings
{
    private const string Name = "LLMos:", Section = "Section", FileSuffix = ":FILE";

    // ASP.NET Core's own, by key or by section.
    private static readonly FrozenSet<string> Framework = FrozenSet.ToFrozenSet(
        [
            "urls", "http_ports", "https_ports", "https_port", "AllowedHosts", "Kestrel", "environment", "contentRoot", "webroot", "applicationName", "shutdownTimeoutSeconds",
            "preventHostingStartup", "hostingStartupAssemblies", "captureStartupErrors", "detailedErrors", "suppressStatusMessages", "preferHostingUrls", "startupAssembly", "staticWebAssets",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Warns of each, with the known one that is spelt most like it.</summary>
    public static void WarnOfUnknownSettings(this WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(UnknownSettings));
        foreach (var (setting, nearest) in Find((IConfigurationRoot)app.Configuration))
            log.UnknownSetting(Name + setting, Name + nearest);
    }

    /// <returns>Each once, with the nearest that is known.</returns>
    public static IReadOnlyList<(string Setting, string Nearest)> Find(IConfigurationRoot configuration)
    {
        var known = (from type in typeof(UnknownSettings).Assembly.GetTypes()
                     let section = type.GetField(Section, BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string
                     where section is not null
                     from option in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                     where option.CanWrite
                     select $"{section}:{option.Name}").ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        return [.. from provider in configuration.Providers
                   where IsOurs(provider)
                   from key in KeysOf(provider, null)
                   let setting = key.EndsWith(FileSuffix, StringComparison.OrdinalIgnoreCase) ? key[..^FileSuffix.Length] : key
                   where !known.Contains(setting) && !Framework.Contains(setting.Split(':')[0])
                   group setting by setting.ToUpperInvariant() into same
                   let setting = same.First()
                   select (setting, known.MinBy(other => (Distance(setting, other), other))!)];
    }

    // Of the environment, those that begin with LLMos__: the framework's, and everybody else's, are no settings of this server.
    private static bool IsOurs(IConfigurationProvider provider) =>
        provider is JsonConfigurationProvider or CommandLineConfigurationProvider || (provider is EnvironmentVariablesConfigurationProvider && provider.ToString()!.Contains(ConfigurationSources.Prefix, StringComparison.Ordinal));

    private static IEnumerable<string> KeysOf(IConfigurationProvider provider, string? parent) =>
        from part in provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase)
        let key = parent is null ? part : $"{parent}:{part}"
        from found in KeysOf(provider, key).DefaultIfEmpty(key)
        select found;

    /// <summary>How many letters to put in, take out or change make one of the other, whatever their case.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var change = diagonal + (char.ToUpperInvariant(one[i - 1]) == char.ToUpperInvariant(other[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }

    [LoggerMessage(102, LogLevel.Warning, "There is an unknown setting {Setting}; did you mean {Nearest}? It is ignored.")]
    private static partial void UnknownSetting(this ILogger log, string setting, string nearest);
}
