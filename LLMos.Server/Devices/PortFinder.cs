using System.IO.Enumeration;
using System.Text;

namespace LLMos.Server.Devices;

/// <summary>Finds the serial ports that the administrator's list allows, and what the kernel knows of their hardware.</summary>
/// <param name="allowed">Patterns, separated by spaces.</param>
/// <param name="sys">Where <c>/sys</c> is.</param>
/// <param name="shared">Told, once, of an id that several ports have.</param>
internal sealed class PortFinder(string? allowed, string sys = "/sys", Action<string>? shared = null)
{
    private readonly string[] _patterns = (allowed ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // By pattern's path. What is open has not been pulled out, and needs no second look: it would be most of an idle server's work.
    private readonly Dictionary<string, Port> _known = new(StringComparer.Ordinal);

    // Which port was last called so; and the ids that several have, or had: cheap bridges all have one serial number.
    private readonly Dictionary<string, string> _called = new(StringComparer.Ordinal);
    private readonly HashSet<string> _shared = new(StringComparer.Ordinal);

    /// <summary>Those that are there now, each once.</summary>
    /// <param name="isOpen">Whether the device of an id is open.</param>
    public List<DeviceIdentity> Find(Func<string, bool> isOpen)
    {
        var found = new Dictionary<string, Port>(StringComparer.Ordinal);
        foreach (var path in _patterns.SelectMany(Matches))
        {
            try
            {
                if (!_known.TryGetValue(path, out var port) || !IsOpen(port))
                    _known[path] = port = Identify(path, File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
                found.TryAdd(port.Device, port);
            }
            catch (IOException)
            {
                // Pulled out while it was looked at.
                _known.Remove(path);
            }
        }

        foreach (var same in found.Values.GroupBy(port => port.Identity.Id).Where(same => same.Count() > 1 && _shared.Add(same.Key)))
            shared?.Invoke(same.Key);
        // One that is in use keeps its name until it is pulled out.
        foreach (var port in found.Values.Where(port => port.Placed is not null && _shared.Contains(port.Identity.Id) && !IsOpen(port)).ToList())
            found[port.Device] = _known[port.Identity.Path!] = port with { Identity = port.Identity with { Id = port.Placed! } };
        foreach (var port in found.Values)
            _called[port.Identity.Id] = port.Device;
        return [.. found.Values.Select(port => port.Identity).DistinctBy(identity => identity.Id).OrderBy(identity => identity.Id, StringComparer.Ordinal)];

        bool IsOpen(Port port) => isOpen(port.Identity.Id) && _called.GetValueOrDefault(port.Identity.Id) == port.Device;
    }

    private static IEnumerable<string> Matches(string pattern)
    {
        var folder = Path.GetDirectoryName(pattern);
        return folder is { Length: > 0 } && Directory.Exists(folder)
            ? Directory.EnumerateFileSystemEntries(folder).Where(entry =>
                FileSystemName.MatchesSimpleExpression(Path.GetFileName(pattern), Path.GetFileName(entry), ignoreCase: false) && File.Exists(entry)).Order(StringComparer.Ordinal)
            : [];
    }

    private Port Identify(string path, string device)
    {
        var hardware = new DirectoryInfo(Path.Combine(sys, "class", "tty", Path.GetFileName(device), "device"));
        string? face = null;
        for (var place = hardware.Exists ? hardware.ResolveLinkTarget(returnFinalTarget: true) as DirectoryInfo : null; place is not null && place.FullName.Length > sys.Length; place = place.Parent)
        {
            face ??= Text(place, "bInterfaceNumber");
            if (Text(place, "idVendor") is not { } vendor)
                continue;
            var usb = $"{vendor}:{Text(place, "idProduct")}";
            var serial = Text(place, "serial") is { Length: > 0 } number ? $"-{number}" : null;
            var placed = $"usb-{usb}{serial}-at-{place.Name}";
            var own = serial is null ? placed : $"usb-{usb}{serial}";
            return new(device, new(Named(own), Text(place, "product") ?? own, path, usb), serial is null ? null : Named(placed));
        }

        return new(device, new(Slug(path), path, path), null);

        string Named(string own) => Slug($"{own}-if{face ?? "00"}");
    }

    private static string? Text(DirectoryInfo folder, string name) =>
        Path.Combine(folder.FullName, name) is var path && File.Exists(path) ? File.ReadAllText(path).Trim() : null;

    private static string Slug(string text)
    {
        var slug = new StringBuilder();
        foreach (var letter in text)
            slug.Append(char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' ? letter : '-');
        return slug.ToString().Trim('-', '.');
    }

    /// <param name="Device">Where the path leads to.</param>
    /// <param name="Placed">Its id where another has the same serial number; null: it has none.</param>
    private sealed record Port(string Device, DeviceIdentity Identity, string? Placed);
}
