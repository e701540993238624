using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>The memory that Kestrel receives into and sends from, in blocks of 32 KiB.</summary>
/// <remarks>Its own blocks have 4 KiB, so that a file of 100 MiB takes 25,000 reads of the socket.</remarks>
internal sealed class SocketBlocks : IMemoryPoolFactory<byte>
{
    public const int BlockBytes = 32 * 1024;

    // 8 MiB for each of Kestrel's pools; what a crowd needs beyond that is given back.
    private const int MostKept = 256;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private readonly ConcurrentQueue<Block> _kept = [];

        public override int MaxBufferSize => BlockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
            return _kept.TryDequeue(out var block) ? block : new Block(this);
        }

        protected override void Dispose(bool disposing) => _kept.Clear();

        private void Return(Block block)
        {
            if (_kept.Count < MostKept)
                _kept.Enqueue(block);
        }

        /// <summary>Pinned for good: the kernel writes to its address.</summary>
        private sealed class Block(Pool pool) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

            public void Dispose() => pool.Return(this);
        }
    }
}
