using System.Security.Cryptography;

namespace LLMos.Server.Foundation.Storage;

/// <summary>ULIDs that sort in the order in which they were made, also when the clock is set back, and that nobody can guess from others.</summary>
/// <param name="last">The newest that there is; null: none.</param>
internal sealed class OrderedIds(TimeProvider time, string? last)
{
    private const int RandomBytes = 10;

    private readonly Lock _gate = new();
    private long _last = last is null ? 0 : Ulid.Parse(last).Time.ToUnixTimeMilliseconds();

    public string Next()
    {
        Span<byte> random = stackalloc byte[RandomBytes];
        RandomNumberGenerator.Fill(random);
        lock (_gate)
        {
            _last = Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), _last + 1);
            return Ulid.NewUlid(DateTimeOffset.FromUnixTimeMilliseconds(_last), random).ToString();
        }
    }
}
