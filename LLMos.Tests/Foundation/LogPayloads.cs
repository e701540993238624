using System.Buffers.Binary;
using System.Text;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Streams;

namespace LLMos.Tests.Foundation;

/// <summary>Payloads that follow from their sequence number, and what tests of the log say about them.</summary>
internal static class LogPayloads
{
    public static string Text(LogEntry entry) => Encoding.UTF8.GetString(entry.Payload.Span);

    public static byte[] Payload(long sequence, int size)
    {
        var payload = new byte[size];
        for (var at = 0; at < size; at++)
            payload[at] = (byte)((sequence * 31) + (at * 7));
        if (size >= 8)
            BinaryPrimitives.WriteInt64LittleEndian(payload, sequence);
        return payload;
    }

    public static void AssertPayload(LogEntry entry, int size) =>
        Assert.True(entry.Payload.Span.SequenceEqual(Payload(entry.Sequence, size)), $"entry {entry.Sequence} is not what was appended");

    public static DomainException AssertRefused(string code, Action action)
    {
        var refusal = Assert.Throws<DomainException>(action);
        Assert.Equal(code, refusal.Error.Code);
        return refusal;
    }

    public static DomainException AssertRefused<T>(string code, Func<T> action) => AssertRefused(code, (Action)(() => action()));
}
