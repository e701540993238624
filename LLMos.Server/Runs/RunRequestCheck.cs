using System.Text;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs;

/// <summary>Decides whether a request can be run, and under which limits.</summary>
internal static class RunRequestCheck
{
    private const double LeastTimeoutSeconds = 0.1;
    private const int LeastHeapMegabytes = 16;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="DomainException">See <see cref="RunErrors"/>.</exception>
    public static RunLimits Check(StartRunRequest? request, RunOptions options)
    {
        // MessagePack has null for whatever is left out, whatever the type says.
        if (request is not { Language: "python" })
            throw RunErrors.LanguageUnknown(request?.Language ?? "");
        if (string.IsNullOrWhiteSpace(request.Code))
            throw RunErrors.CodeEmpty();

        var codeBytes = BytesOf(request.Code, "code");
        if (codeBytes > options.MaxCodeBytes)
            throw RunErrors.CodeTooLarge(codeBytes, options.MaxCodeBytes);
        var stdinBytes = request.Stdin is null ? 0 : BytesOf(request.Stdin, "stdin");
        if (stdinBytes > options.MaxStdinBytes)
            throw RunErrors.StdinTooLarge(stdinBytes, options.MaxStdinBytes);

        var defaults = PythonSandbox.RunLimitsOf(options);
        var timeout = request.TimeoutSeconds ?? defaults.TimeoutSeconds;
        // Written so that NaN is refused too.
        if (!(timeout >= LeastTimeoutSeconds && timeout <= options.MaxTimeoutSeconds))
            throw RunErrors.LimitOutOfRange("timeoutSeconds", LeastTimeoutSeconds, options.MaxTimeoutSeconds);
        var heap = request.HeapMegabytes ?? defaults.HeapMegabytes;
        if (heap < LeastHeapMegabytes || heap > options.MaxHeapMegabytes)
            throw RunErrors.LimitOutOfRange("heapMegabytes", LeastHeapMegabytes, options.MaxHeapMegabytes);
        return defaults with { TimeoutSeconds = timeout, HeapMegabytes = heap };
    }

    private static int BytesOf(string text, string member)
    {
        if (text.Contains('\0') && member == "code")
            throw RunErrors.TextInvalid(member);
        try
        {
            return Strict.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            throw RunErrors.TextInvalid(member);
        }
    }
}
