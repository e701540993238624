using System.Text;
using System.Text.RegularExpressions;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs;

/// <summary>Decides whether a request can be run, and under which limits.</summary>
internal static partial class RunRequestCheck
{
    /// <summary>A run that goes on, or is interrupted, when the connection closes that waits for it.</summary>
    public const string AbandonKeeps = "keep", AbandonEnds = "end";

    /// <summary>Arguments of a program, and variables of its environment: how many, and bytes of each kind together.</summary>
    public const int MaxArguments = 256, MaxArgumentBytes = 65_536, MaxVariables = 256, MaxVariableBytes = 65_536;

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
        CheckArguments(request.Arguments ?? []);
        CheckEnvironment(request.Environment ?? new Dictionary<string, string>());
        if (request.Abandon is not (null or AbandonKeeps or AbandonEnds))
            throw RunErrors.AbandonUnknown();

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

    private static void CheckArguments(IReadOnlyList<string> arguments)
    {
        if (arguments.Count > MaxArguments || arguments.Sum(argument => BytesOf(argument, "arguments")) > MaxArgumentBytes)
            throw RunErrors.ArgumentsTooLarge(MaxArguments, MaxArgumentBytes);
    }

    private static void CheckEnvironment(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.Count > MaxVariables || environment.Sum(variable => variable.Key.Length + BytesOf(variable.Value, "environment")) > MaxVariableBytes)
            throw RunErrors.EnvironmentTooLarge(MaxVariables, MaxVariableBytes);
        if (environment.Keys.FirstOrDefault(name => !VariableName().IsMatch(name)) is { } wrong)
            throw RunErrors.EnvironmentNameInvalid(wrong);
    }

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,127}\z")]
    private static partial Regex VariableName();

    private static int BytesOf(string? text, string member)
    {
        // What arrives may have a null wherever a text is meant.
        if (text is null || (text.Contains('\0') && member != "stdin"))
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
