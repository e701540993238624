using LLMos.Server.Accounts;

namespace LLMos.Server.Volumes;

/// <summary>Who may do what: everybody all in their own <c>user/</c>; in <c>team/</c> viewers read and members write; nobody writes <c>system/</c>.</summary>
internal static class VolumeAccess
{
    public static Place ToRead(Caller caller, VolumePath path) => new(VolumeTree.KeyOf(path.Volume, caller.AccountId), path);

    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.read_only</c>.</exception>
    public static Place ToWrite(Caller caller, VolumePath path) =>
        MayWrite(caller, path.Volume) ? ToRead(caller, path) : throw VolumeErrors.ReadOnly(path);

    public static bool MayWrite(Caller caller, VolumeKind volume) => volume switch
    {
        VolumeKind.User => true,
        VolumeKind.Team => caller.Role >= Role.Member,
        _ => false,
    };
}
