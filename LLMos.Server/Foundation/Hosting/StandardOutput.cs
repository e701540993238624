using System.Globalization;
using Serilog;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>Where a command of this program leaves its answer; what a server has to say goes to its log.</summary>
internal static class StandardOutput
{
    public static void Write(string text)
    {
        using var log = new LoggerConfiguration()
            .WriteTo.Console(outputTemplate: "{Message:l}", formatProvider: CultureInfo.InvariantCulture)
            .CreateLogger();
        log.Information("{Text:l}", text);
    }
}
