using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace LLMos.Server.Runs.Doctor;

/// <param name="Remedy">What to do about it; null when it is as it should be.</param>
internal sealed record HostFact(string Name, string Seen, string? Remedy = null);

/// <summary>What the layers need of the host, looked up one by one, so that the remedy for a missing layer can be exact.</summary>
internal static partial class HostFacts
{
    private const string LsmList = "/sys/kernel/security/lsm";

    // Of Python's packages by Debian's names; the order is that of scripts/packages.sh.
    private static readonly Dictionary<string, string> Packages = new()
    {
        ["numpy"] = "python3-numpy",
        ["scipy"] = "python3-scipy",
        ["pandas"] = "python3-pandas",
        ["matplotlib"] = "python3-matplotlib",
        ["sklearn"] = "python3-sklearn",
        ["networkx"] = "python3-networkx",
        ["sympy"] = "python3-sympy",
        ["seccomp"] = "python3-seccomp",
        ["PIL"] = "python3-pil",
    };

    /// <param name="landlockAbi">As the interpreter found it; null when it did not start.</param>
    public static async Task<IReadOnlyList<HostFact>> GatherAsync(RunOptions options, int? landlockAbi, CancellationToken cancellation) =>
        [Kernel(), Landlock(landlockAbi), SystemCallFilter(), User(), .. HardLimits(), await PythonAsync(options.Python, cancellation)];

    private static HostFact Kernel()
    {
        var version = Environment.OSVersion.Version;
        var container = File.Exists("/.dockerenv") || File.Exists("/run/.containerenv") ? ", in a container" : "";
        return new("kernel", $"Linux {version}{container}", version >= new Version(5, 13)
            ? null
            : "Landlock came with Linux 5.13, file truncation under it with 6.2. Take a newer kernel: on Debian 11 `apt install -t bullseye-backports linux-image-amd64`.");
    }

    private static HostFact Landlock(int? abi)
    {
        var list = File.Exists(LsmList) ? File.ReadAllText(LsmList).Trim() : null;
        var named = list?.Split(',').Contains("landlock");
        var seen = $"{(abi > 0 ? $"ABI {abi}" : "not available")}; lsm={list ?? "unknown: securityfs is not mounted here"}";
        return abi switch
        {
            >= 3 => new("landlock", seen),
            > 0 => new("landlock", seen, "This ABI does not know truncation, which the file size limit covers in part. Linux 6.2 has ABI 3, 6.7 TCP (4), 6.12 signals and abstract sockets (6)."),
            null => new("landlock", seen),
            _ when named is false => new("landlock", seen, $"Add it to the kernel's command line: GRUB_CMDLINE_LINUX=\"lsm=landlock,{list}\" in /etc/default/grub, then `update-grub` and restart."),
            _ when named is true => new("landlock", seen, "The kernel has it, and something refuses its system calls: a container's seccomp profile older than Docker 20.10.10. Update Docker and libseccomp, or start with `--security-opt seccomp=<Docker's current default.json>`."),
            _ => new("landlock", seen, "Needs CONFIG_SECURITY_LANDLOCK=y and `landlock` in lsm=; `zgrep LANDLOCK /proc/config.gz /boot/config-$(uname -r)` shows the first, /sys/kernel/security/lsm on the host the second."),
        };
    }

    private static HostFact SystemCallFilter()
    {
        var mode = Status("Seccomp");
        return mode is null
            ? new("seccomp", "this kernel has none", "Needs a kernel with CONFIG_SECCOMP=y and CONFIG_SECCOMP_FILTER=y; every distribution's has them.")
            : new("seccomp", mode == "0" ? "the server itself is under no filter" : $"the server itself is under {Status("Seccomp_filters") ?? "a"} filter(s), of a container for example");
    }

    private static HostFact User()
    {
        var capabilities = ulong.Parse(Status("CapEff") ?? "0", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        const ulong ToChangeUser = 1 << 7 | 1 << 6;
        var seen = string.Create(CultureInfo.InvariantCulture, $"{Environment.UserName}, capabilities {capabilities:x}");
        return Environment.IsPrivilegedProcess && (capabilities & ToChangeUser) != ToChangeUser
            ? new("user", seen, "Root without CAP_SETUID and CAP_SETGID cannot give programs another user: start as an ordinary one (`--user 1000:1000`, `User=` in systemd), or leave it those two.")
            : new("user", seen);
    }

    private static IEnumerable<HostFact> HardLimits()
    {
        foreach (var (name, title, least, option) in new[]
                 {
                     ("Max open files", "open files", 1024L, "nofile"), ("Max processes", "processes", 64L, "nproc"),
                     ("Max data size", "data", 1L << 31, "data"), ("Max address space", "memory", 1L << 33, "as"),
                 })
        {
            var line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            if (line is null || Columns().Split(line[name.Length..].Trim()) is not [_, var hard, ..] || !long.TryParse(hard, CultureInfo.InvariantCulture, out var value) || value >= least)
                continue;
            yield return new("ulimit", string.Create(CultureInfo.InvariantCulture, $"{title}: at most {value}"), string.Create(
                CultureInfo.InvariantCulture,
                $"Raise it to {least}: `ulimit -H`, LimitXXX= in systemd, `--ulimit {option}={least}` with Docker, {option} in /etc/security/limits.conf."));
        }
    }

    private static async Task<HostFact> PythonAsync(string python, CancellationToken cancellation)
    {
        const string Program = "import importlib.util, platform, sys; print(platform.python_version(), *(name for name in sys.argv[1:] if not importlib.util.find_spec(name)))";
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-I", "-c", Program, .. Packages.Keys]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var answer = (await process.StandardOutput.ReadToEndAsync(cancellation)).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            await process.WaitForExitAsync(cancellation);
            return answer switch
            {
                [var version] => new("python", $"{python} {version}, with every package"),
                [var version, .. var missing] => new("python", $"{python} {version}, without {string.Join(", ", missing)}",
                    $"apt-get install {string.Join(' ', missing.Select(name => Packages.GetValueOrDefault(name, name)))}"),
                _ => new("python", $"{python} does not answer", "LLMos__Runs__Python names the interpreter: a CPython 3.11 such as Debian 12's /usr/bin/python3."),
            };
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return new("python", $"{python} is not there", "apt-get install python3, or name the interpreter by LLMos__Runs__Python.");
        }
    }

    private static string? Status(string name) => File.ReadLines("/proc/self/status")
        .FirstOrDefault(line => line.StartsWith($"{name}:", StringComparison.Ordinal))?[(name.Length + 1)..].Trim();

    [GeneratedRegex(@"\s{2,}")]
    private static partial Regex Columns();
}
