using System.Text.Json;
using System.Text.Json.Serialization;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>JSON that says exactly what it means: a misspelt member is an error, not a default.</summary>
internal static class StrictJson
{
    public static void Apply(JsonSerializerOptions json, int maxDepth)
    {
        json.MaxDepth = maxDepth;
        json.PropertyNameCaseInsensitive = false;
        json.AllowDuplicateProperties = false;
        json.NumberHandling = JsonNumberHandling.Strict;
        json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        json.RespectNullableAnnotations = true;
        json.RespectRequiredConstructorParameters = true;
        json.ReadCommentHandling = JsonCommentHandling.Disallow;
        json.AllowTrailingCommas = false;
        json.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false));
    }
}
