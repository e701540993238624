using System.IO.Enumeration;
using System.Text;

namespace LLMos.Server.Devices;

/// <summary>Finds the serial ports that the administrator's list allows, and what the kernel knows of their hardware.</summary>
/// <param name="allowed">Patterns, separated by spaces.</param>
/// <param name="sys">Where <c>/sys</c> is.</param>
internal sealed class PortFinder(string? allowed, string sys = "/sys")
{
    private readonly string[] _patterns = (allowed ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // By pattern's path. What is open has not been pulled out, and needs no second look: it would be most of an idle server's work.
    private readonly Dictionary<string, (string Device, DeviceIdentity Identity)> _known = new(StringComparer.Ordinal);

    /// <summary>Those that are there now, each once.</summary>
    /// <param name="isOpen">Whether the device of an id is open.</param>
    public List<DeviceIdentity> Find(Func<string, bool> isOpen)
    {
        var found = new Dictionary<string, DeviceIdentity>(StringComparer.Ordinal);
        foreach (var path in _patterns.SelectMany(Matches))
        {
            try
            {
                if (!_known.TryGetValue(path, out var known) || !isOpen(known.Identity.Id))
                {
                    var device = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
                    _known[path] = known = (device, Identify(path, device));
                }

                found.TryAdd(known.Device, known.Identity);
            }
            catch (IOException)
            {
                // Pulled out while it was looked at.
                _known.Remove(path);
            }
        }

        return [.. found.Values.DistinctBy(identity => identity.Id).OrderBy(identity => identity.Id, StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Matches(string pattern)
    {
        var folder = Path.GetDirectoryName(pattern);
        return folder is { Length: > 0 } && Directory.Exists(folder)
            ? Directory.EnumerateFileSystemEntries(folder).Where(entry =>
                FileSystemName.MatchesSimpleExpression(Path.GetFileName(pattern), Path.GetFileName(entry), ignoreCase: false) && File.Exists(entry)).Order(StringComparer.Ordinal)
            : [];
    }

    private DeviceIdentity Identify(string path, string device)
    {
        var hardware = new DirectoryInfo(Path.Combine(sys, "class", "tty", Path.GetFileName(device), "device"));
        string? face = null;
        for (var place = hardware.Exists ? hardware.ResolveLinkTarget(returnFinalTarget: true) as DirectoryInfo : null; place is not null && place.FullName.Length > sys.Length; place = place.Parent)
        {
            face ??= Text(place, "bInterfaceNumber");
            if (Text(place, "idVendor") is not { } vendor)
                continue;
            var usb = $"{vendor}:{Text(place, "idProduct")}";
            var own = Text(place, "serial") is { Length: > 0 } serial ? $"usb-{usb}-{serial}" : $"usb-{usb}-at-{place.Name}";
            return new(Slug($"{own}-if{face ?? "00"}"), Text(place, "product") ?? own, path, usb);
        }

        return new(Slug(path), path, path);
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
}
