using LLMos.Server.Devices;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

/// <summary>With folders as the kernel makes them: no machine of the tests has such hardware.</summary>
public sealed class PortFinderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PortFinderTests()
    {
        Directory.CreateDirectory(_folder["dev/serial/by-id"]);
        Directory.CreateDirectory(_folder["sys/class/tty"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_device_keeps_its_id_when_the_kernel_gives_it_another_name()
    {
        var bridge = Plug("ttyUSB0", "1-1", "10c4", "ea60", "0001", "CP2102 USB to UART", face: "00");
        var before = Assert.Single(Find("dev/ttyUSB*"));
        Unplug("ttyUSB0", bridge);
        Plug("ttyUSB7", "1-4", "10c4", "ea60", "0001", "CP2102 USB to UART", face: "00");

        var after = Assert.Single(Find("dev/ttyUSB*"));

        Assert.Equal(("usb-10c4-ea60-0001-if00", "CP2102 USB to UART", "10c4:ea60"), (after.Id, after.Title, after.Usb));
        Assert.Equal(before.Id, after.Id);
        Assert.NotEqual(before.Path, after.Path);
    }

    [Fact]
    public void Two_of_a_kind_without_serial_numbers_are_told_apart_by_where_they_are_and_two_ports_of_one_by_their_interface()
    {
        Plug("ttyUSB0", "1-1", "1a86", "7523", null, "USB Serial", face: "00");
        Plug("ttyUSB1", "1-2", "1a86", "7523", null, "USB Serial", face: "00");
        Plug("ttyUSB2", "1-3", "0403", "6010", "FT1", "Dual", face: "00");
        Plug("ttyUSB3", "1-3", "0403", "6010", "FT1", "Dual", face: "01");

        Assert.Equal(
            ["usb-0403-6010-FT1-if00", "usb-0403-6010-FT1-if01", "usb-1a86-7523-at-1-1-if00", "usb-1a86-7523-at-1-2-if00"],
            Find("dev/ttyUSB*").Select(identity => identity.Id));
    }

    [Fact]
    public void The_chips_own_usb_is_known()
    {
        Plug("ttyACM0", "1-1", "303a", "1001", "AA:BB", "USB JTAG/serial debug unit", face: "00");
        Assert.True(Assert.Single(Find("dev/ttyACM*")).IsUsbJtag);
    }

    [Fact]
    public void Nothing_is_found_but_what_the_list_allows_and_each_once()
    {
        Plug("ttyUSB0", "1-1", "10c4", "ea60", "0001", "CP2102", face: "00");
        Plug("ttyUSB1", "1-2", "10c4", "ea60", "0002", "CP2102", face: "00");
        File.CreateSymbolicLink(_folder["dev/serial/by-id/usb-CP2102_0001"], _folder["dev/ttyUSB0"]);

        Assert.Empty(Find());
        Assert.Equal("usb-10c4-ea60-0001-if00", Assert.Single(Find("dev/serial/by-id/*", "dev/ttyUSB0")).Id);
        Assert.Empty(Find("dev/ttyACM*", "nowhere/*", "dev/ttyusb*"));
    }

    [Fact]
    public void Two_with_one_serial_number_are_told_apart_by_where_they_are_and_the_administrator_is_told()
    {
        var (told, open) = (new List<string>(), new HashSet<string>());
        var finder = new PortFinder(_folder["dev/ttyUSB*"], _folder["sys"], told.Add);
        var first = Plug("ttyUSB0", "1-1", "10c4", "ea60", "0001", "CP2102", face: "00");
        open.UnionWith(Ids());
        Assert.Equal(["usb-10c4-ea60-0001-if00"], open);

        // The one that is in use keeps its name, and leaves it to nobody.
        Plug("ttyUSB1", "1-2", "10c4", "ea60", "0001", "CP2102", face: "00");
        Assert.Equal(["usb-10c4-ea60-0001-at-1-2-if00", "usb-10c4-ea60-0001-if00"], Ids());
        open.UnionWith(Ids());
        Assert.Equal(["usb-10c4-ea60-0001-if00"], told);
        Unplug("ttyUSB0", first);
        open.Remove("usb-10c4-ea60-0001-if00");
        Assert.Equal(["usb-10c4-ea60-0001-at-1-2-if00"], Ids());
        Plug("ttyUSB0", "1-1", "10c4", "ea60", "0001", "CP2102", face: "00");
        Assert.Equal(["usb-10c4-ea60-0001-at-1-1-if00", "usb-10c4-ea60-0001-at-1-2-if00"], Ids());

        Assert.Equal(["usb-10c4-ea60-0001-at-1-1-if00", "usb-10c4-ea60-0001-at-1-2-if00"], Find("dev/ttyUSB*").Select(identity => identity.Id));
        Assert.Single(told);

        IEnumerable<string> Ids() => finder.Find(open.Contains).Select(identity => identity.Id).ToList();
    }

    private List<DeviceIdentity> Find(params string[] allowed) => new PortFinder(string.Join(' ', allowed.Select(pattern => _folder[pattern])), _folder["sys"]).Find(_ => false);

    private string Plug(string name, string place, string vendor, string product, string? serial, string title, string face)
    {
        var usb = _folder[$"sys/devices/pci0000:00/usb1/{place}"];
        var port = Path.Combine(usb, $"{place}:1.{face}", name);
        Directory.CreateDirectory(port);
        File.WriteAllText(Path.Combine(usb, "idVendor"), vendor + "\n");
        File.WriteAllText(Path.Combine(usb, "idProduct"), product + "\n");
        File.WriteAllText(Path.Combine(usb, "product"), title + "\n");
        if (serial is not null)
            File.WriteAllText(Path.Combine(usb, "serial"), serial + "\n");
        File.WriteAllText(Path.Combine(usb, $"{place}:1.{face}", "bInterfaceNumber"), face + "\n");
        Directory.CreateDirectory(_folder[$"sys/class/tty/{name}"]);
        Directory.CreateSymbolicLink(_folder[$"sys/class/tty/{name}/device"], port);
        File.WriteAllText(_folder[$"dev/{name}"], "");
        return usb;
    }

    private void Unplug(string name, string usb)
    {
        Directory.Delete(usb, recursive: true);
        Directory.Delete(_folder[$"sys/class/tty/{name}"], recursive: true);
        File.Delete(_folder[$"dev/{name}"]);
    }
}
