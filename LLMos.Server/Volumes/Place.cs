namespace LLMos.Server.Volumes;

/// <summary>A path whose volume is known: <c>user/a</c> of one person is another place than <c>user/a</c> of somebody else.</summary>
/// <param name="Volume">The key of a <see cref="VolumeTree"/>.</param>
internal readonly record struct Place(string Volume, VolumePath Path)
{
    public Place Parent => this with { Path = Path.Parent };
}
