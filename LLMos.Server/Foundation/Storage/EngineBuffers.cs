using System.Reflection;
using LiteDB;

namespace LLMos.Server.Foundation.Storage;

/// <summary>LiteDB's pool of buffers, one for the whole process.</summary>
/// <remarks>
/// A read that fails does not give its buffer back, and a pool that is empty takes buffers in that are shorter than it then
/// says they are: after eight such reads whole documents cannot be read any more. So it is filled anew after each.
/// </remarks>
internal static class EngineBuffers
{
    private const int Slots = 8, Smallest = 16, Largest = 1024 * 1024;

    private static readonly Type Pool = typeof(LiteDatabase).Assembly.GetTypes().Single(type => type.Name == "BufferPool");
    private static readonly Func<int, byte[]> Rent = Method("Rent").CreateDelegate<Func<int, byte[]>>();
    private static readonly Action<byte[]> Return = Method("Return").CreateDelegate<Action<byte[]>>();

    /// <summary>While no engine reads.</summary>
    public static void Renew()
    {
        for (var size = Smallest; size <= Largest; size *= 2)
        {
            for (var slot = 0; slot < Slots; slot++)
                Rent(size);
            for (var slot = 0; slot < Slots; slot++)
                Return(new byte[size]);
        }
    }

    private static MethodInfo Method(string name) => Pool.GetMethod(name, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)!;
}
