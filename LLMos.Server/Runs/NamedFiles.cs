using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Volumes;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Runs;

/// <summary>What a request names in its person's volumes: the file that runs, and the folder that it runs in.</summary>
internal sealed class NamedFiles(VolumeFiles files, IOptions<RunOptions> options)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>The request with whole paths, and with the text of its file when it came without code.</returns>
    /// <exception cref="DomainException"><c>volumes.path_invalid</c>, <c>volumes.not_found</c>, <c>volumes.is_folder</c>, <c>volumes.is_file</c>, <c>runs.code_too_large</c>, <c>runs.file_not_text</c>.</exception>
    public async Task<StartRunRequest> ResolveAsync(Caller caller, StartRunRequest request, CancellationToken cancellation)
    {
        if (request?.WorkingFolder is { } folder)
            request = request with { WorkingFolder = FolderOf(caller, VolumePath.Parse(folder.EndsWith('/') ? folder[..^1] : folder)).ToString() };
        if (request?.Path is not { } named)
            return request!;

        var path = VolumePath.Parse(named);
        if (files.Find(caller, path) is FolderNode)
            throw VolumeErrors.IsFolder(path);
        return request with { Path = path.ToString(), Code = string.IsNullOrEmpty(request.Code) ? await ReadAsync(caller, path, cancellation) : request.Code };
    }

    private VolumePath FolderOf(Caller caller, VolumePath path) => files.Stat(caller, path) is FolderNode ? path : throw VolumeErrors.IsFile(path);

    private async Task<string> ReadAsync(Caller caller, VolumePath path, CancellationToken cancellation)
    {
        var (_, version) = files.StatFile(caller, path);
        if (version.Length > options.Value.MaxCodeBytes)
            throw RunErrors.CodeTooLarge(version.Length, options.Value.MaxCodeBytes);
        await using var content = files.Open(path, version);
        var bytes = new byte[version.Length];
        await content.ReadExactlyAsync(bytes, cancellation);
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw RunErrors.FileNotText(path.ToString());
        }
    }
}
