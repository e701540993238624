namespace LLMos.Server.Volumes;

/// <summary>The first segment of every path.</summary>
public enum VolumeKind
{
    /// <summary>Each account has one of its own under this name.</summary>
    User,

    /// <summary>One for all: viewers read it, members write it.</summary>
    Team,

    /// <summary>Comes with the product; nobody writes it.</summary>
    System,
}
