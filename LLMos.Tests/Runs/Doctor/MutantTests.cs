using LLMos.Server.Accounts;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Doctor;

namespace LLMos.Tests.Runs.Doctor;

/// <summary>Each layer taken out on purpose turns those attacks red that are named for it, and leaves others green: so the attacks can fail.</summary>
/// <remarks>Unchanged, all of them are held: <see cref="AttackTests.Every_attack_is_held"/>.</remarks>
public sealed class MutantTests
{
    // Held by whatever layer is not the one that was taken out.
    private static readonly string[] OfSeccomp = ["call_memfd_create", "socket_of_udp"],
        OfLandlock = ["read_by_os_open", "open_to_create_in_temporary"],
        OfLimits = ["one_large_block", "limit_of_open_files"],
        OfInheritance = ["environment", "number_of_descriptors"];

    // Whatever follows the call in the library, it is not the end by the filter; a kernel without that entry has nothing to let through.
    private static readonly (string Name, string Seen)[] OfEntryOf32Bits = EntryOf32Bits.Exists("/usr/bin/python3") ? [("entry_of_32_bits_in_a_library", "")] : [];

    [Fact]
    public async Task Without_an_unchanged_sandbox_there_would_be_nothing_to_compare_with() => await HasAsync(
        "", [], held: [.. OfSeccomp, .. OfLandlock, .. OfLimits, .. OfInheritance, "fork_os", "seed_random", "left_behind_environment", "being_root"]);

    [Fact]
    public Task Without_seccomp() => HasAsync(
        "confine._filter = lambda made: 'off'",
        [
            ("call_creat", "the kernel, which answered"), ("call_chmod", "EFAULT"), ("call_inotify_init1", "EINVAL"), ("call_statfs", "EFAULT"), ("call_setresuid", "0"), ("call_prctl", "EINVAL"),
            ("call_splice", "EBADF"), ("call_personality", "the kernel"), ("deadly_ptrace", "the kernel"), ("deadly_bpf", "the kernel"), ("deadly_mount", "the kernel"), ("deadly_userfaultfd", "the kernel"),
            ("x32_open", "the kernel"), ("socket_of_udp", "descriptor"),
            ("datagram_to_the_host_udp", "udp heard"), ("unix_path_stream", "unix-stream heard"), ("memory_writable_and_executable_private", "memory at"),
            ("ioctl_tiocsti", "ENOTTY"), ("search_for_processes", "ESRCH"), ("shared_memory_filled", "it took"), .. OfEntryOf32Bits,
        ],
        held: [.. OfLandlock, .. OfLimits, .. OfInheritance]);

    [Fact]
    public Task Without_Landlock() => HasAsync(
        "without_landlock()",
        [
            ("read_by_os_open", "a secret came out, that of a file of the host"), ("read_by_libc_fopen", "a secret"), ("read_by_sqlite", "reached"), ("read_by_openat_by_number", "a secret"),
            ("read_by_beneath_a_descriptor", "a secret"), ("read_passwd", "root:"), ("read_own_maps", "reached"), ("list_folder_tmp", "reached"),
            ("list_folder_attacks", "seccomp.py"), ("open_to_create_in_temporary", "changed or made"), ("open_to_truncate_in_temporary", "0 bytes"),
            ("open_to_truncate_for_reading_in_temporary", "0 bytes"), ("create_in_tmp", "descriptor"), ("save_by_named_file", "changed or made"), ("glob_temporary", "llmos-doctor"),
            ("existence_of_files", "reached descriptor"), ("pickle_that_reads", "a secret"),
        ],
        held: [.. OfSeccomp, .. OfLimits, .. OfInheritance]);

    [Fact]
    public Task Landlock_with_a_writable_path() => HasAsync(
        $"also_allow(1 << 1 | 1 << 8 | 1 << 14, {Quoted(Path.GetTempPath())})",
        [
            ("open_to_create_in_temporary", "changed or made"), ("open_to_truncate_in_temporary", "0 bytes"), ("open_to_append_in_temporary", "though not the writing"),
            ("create_in_tmp", "descriptor"), ("large_file", "whose first byte was refused by EFBIG"),
        ],
        held: ["read_by_os_open", "list_folder_tmp", .. OfSeccomp]);

    [Fact]
    public Task Landlock_with_a_writable_path_and_no_limit_on_the_size_of_files() => HasAsync(
        $"also_allow(1 << 1 | 1 << 8, {Quoted(Path.GetTempPath())})\nunlimited(resource.RLIMIT_FSIZE)",
        [("large_file", "16777216 bytes"), ("limit_of_file_size", "instead of 0"), ("open_to_append_in_temporary", "a byte in")],
        held: ["read_by_os_open"]);

    [Fact]
    public Task Landlock_with_the_hosts_files_readable() => HasAsync(
        "confine._readable = lambda: ['/']",
        [("read_by_open", "a secret"), ("read_by_mmap", "a secret"), ("read_by_import_from_file", "a secret"), ("read_hosts", "reached"), ("list_folder_etc", "reached /etc"), ("list_folder_data", "reached")],
        held: ["open_to_create_in_temporary", "save_by_named_file", .. OfSeccomp]);

    [Fact]
    public async Task A_leaked_descriptor_of_a_file()
    {
        var secrets = DecoySecrets.Make();
        await HasAsync(
            $"leaked = os.memfd_create('leaked')\nos.write(leaked, {Quoted(secrets.InFile)}.encode())\nleak(lambda: leaked)",
            [("number_of_descriptors", "60]"), ("kinds_of_descriptors", "descriptor"), ("content_of_descriptors", "a secret came out, that of a file of the host")],
            held: ["environment", "folder_from_a_descriptor"], secrets);
    }

    [Fact]
    public Task A_leaked_descriptor_of_a_folder() => HasAsync(
        "leak(lambda: os.open('/etc', os.O_RDONLY))",
        [("number_of_descriptors", "60]"), ("kinds_of_descriptors", "drwx"), ("content_of_descriptors", "it reached [")],
        // Landlock asks again for what is opened below it.
        held: ["environment", "folder_from_a_descriptor"]);

    [Fact]
    public Task The_forkservers_line_leaked() => HasAsync(
        "serve = forkserver.serve\ndef serve_and_leak(control, loaded):\n    leak(lambda: control.fileno())\n    serve(control, loaded)\nforkserver.serve = serve_and_leak",
        [("number_of_descriptors", "60]"), ("sockets_of_others", "SEQPACKET"), ("fork_asked_of_the_forkserver", "the forkserver")],
        held: ["environment", "content_of_descriptors"]);

    [Fact]
    public async Task The_servers_environment_inherited()
    {
        var secrets = DecoySecrets.Make();
        await HasAsync(
            $"os.environ['{DecoySecrets.Variable}'] = {Quoted(secrets.InEnvironment)}",
            [("environment", "a secret came out, that of the server's environment"), ("environment_of_c", "a secret came out, that of the server's environment")],
            held: ["number_of_descriptors", "read_by_os_open"], secrets);
    }

    [Fact]
    public async Task A_secret_in_the_forkservers_memory()
    {
        var secrets = DecoySecrets.Make();
        await HasAsync(
            $"kept = [({Quoted(secrets.InMemory)} + str(n))[:-len(str(n))] for n in range(3)]",
            [("memory_of_objects", "a secret came out, that of the server's memory")],
            held: ["environment", "number_of_descriptors"], secrets);
    }

    [Fact]
    public async Task A_secret_on_the_forkservers_command_line()
    {
        var secrets = DecoySecrets.Make();
        await HasAsync(
            $"if len(sys.argv) == 4: os.execv(sys.executable, [sys.executable, '-I', {Quoted(Mutant.Script)}, *sys.argv[1:4], {Quoted(secrets.InEnvironment)}])",
            [("memory_of_the_stack", "a secret came out, that of the server's environment"), ("command_line", "a secret came out, that of the server's environment")],
            held: ["environment", "number_of_descriptors"], secrets);
    }

    [Fact]
    public Task The_memory_limit_off() => HasAsync(
        "unlimited(resource.RLIMIT_DATA, resource.RLIMIT_AS)",
        [
            ("one_large_block", "reached 512 MiB"), ("growing_list", "MiB, allowed are 64"), ("doubling_text", "it took"), ("c_memory", "it took"), ("program_break", "it took"),
            ("anonymous_mapping", "it took"), ("mapping_made_writable", "it took"), ("mapping_grown", "it took"), ("library_written_to", "it took"),
        ],
        held: ["limit_of_open_files", "memory_that_no_limit_counts_shared", .. OfSeccomp, .. OfLandlock]);

    [Fact]
    public Task The_limit_on_processes_and_the_clone_rule_off() => HasAsync(
        "unlimited(resource.RLIMIT_NPROC)\nlet_through('fork', 'vfork', 'clone', 'setsid')",
        [
            ("fork_os", "it left the process"), ("fork_number", "it left the process"), ("fork_clone", "it left the process"), ("fork_bomb", "it left the process"),
            ("double_fork", "a daemon"), ("thread_bomb", "100 threads"), ("thread_start_new_thread", "a thread"), ("child_that_lives_on", "it left the process"),
        ],
        held: ["call_execve", .. OfLandlock, .. OfLimits]);

    [Fact]
    public Task The_limit_on_processes_off_alone_shows_and_is_made_up_for_by_the_clone_rule() => HasAsync(
        "unlimited(resource.RLIMIT_NPROC)", [("limit_of_processes", "instead of 0")],
        held: ["fork_os", "fork_number", "fork_clone", "fork_bomb", "double_fork", "thread_bomb"]);

    [Fact]
    public Task The_clone_rule_off_alone_shows_and_is_made_up_for_by_the_limit_on_processes() => HasAsync(
        "let_through('fork', 'vfork', 'clone')",
        [
            ("clone_sigchld", "EAGAIN"), ("clone_vfork", "EAGAIN"), ("clone_parent", "EAGAIN"), ("clone_of_a_thread", "EINVAL"),
            ("by_number_fork", "EAGAIN"), ("by_number_vfork", "EAGAIN"),
        ],
        held: ["fork_os", "fork_number", "fork_clone", "fork_bomb", "double_fork", "thread_bomb", "limit_of_processes"]);

    [Fact]
    public Task The_limits_on_files_and_the_stack_off() => HasAsync(
        "resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY,) * 2)\nunlimited(resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_STACK)",
        [
            ("limit_of_file_size", "instead of 0"), ("limit_of_open_files", "instead of 40"), ("limit_of_stack", "instead of"), ("descriptors_exhausted_copies", "1000 of copies"),
            ("descriptors_exhausted_pairs", "1000 of pairs"), ("stack_touched_far_below", "it took"),
        ],
        held: ["one_large_block", "limit_of_processes"]);

    [Fact]
    public Task The_servers_clock_and_the_processors_off() => HasAsync(
        "unlimited(resource.RLIMIT_CPU)",
        [
            ("loop", "the server did not end it"), ("sleep", "the server did not end it"), ("regular_expression", "the server did not end it"), ("stopped_by_itself", "the server did not end it"),
            ("processor_limit", "without end"),
        ],
        held: ["one_large_block"], limits: attack => attack.Limits with { TimeoutSeconds = 3600 });

    [Fact]
    public Task The_limit_on_output_off() => HasAsync(
        "", [("output_of_c", "timed-out"), ("errors_of_c", "timed-out"), ("empty_lines", "timed-out")], held: [],
        limits: attack => attack.Limits with { OutputBytes = 1L << 40, TimeoutSeconds = 0.3 });

    [Fact]
    public Task Root_stays_root()
    {
        OnlyRootMayChangeUsers();
        return HasAsync(
            "confine._drop_privileges = lambda user: 'off'",
            [("being_root", "root: users (0, 0, 0)"), ("same_user_as_the_server", "the server's user"), ("same_user_as_another_run", "the user of another run")],
            held: ["rights_from_programs", .. OfLandlock, .. OfSeccomp]);
    }

    [Fact]
    public Task All_workers_have_the_same_user()
    {
        OnlyRootMayChangeUsers();
        return HasAsync("forkserver._next_user = lambda last, taken: 0", [("same_user_as_another_run", "the user of another run")], held: ["being_root", "same_user_as_the_server"]);
    }

    [Fact]
    public Task The_servers_groups_kept()
    {
        OnlyRootMayChangeUsers();
        return HasAsync("os.setgroups([4, 6])\nos.setgroups = lambda groups: None", [("groups_of_root", "[4, 6]")], held: ["being_root", "same_user_as_the_server"]);
    }

    [Fact]
    public Task No_new_privileges_off() => HasAsync(
        // The kernel takes neither a ruleset nor a filter from such a process, so that these go with it.
        """
        prctl = confine._libc.prctl
        confine._libc = types.SimpleNamespace(prctl=lambda option, *rest: 0 if option == 38 else prctl(option, *rest))
        """,
        [("rights_from_programs", "may win privileges")], held: ["one_large_block", "environment"]);

    [Fact]
    public Task A_session_of_the_forkservers() => HasAsync("os.setsid = lambda: None", [("session_of_the_server", "the session")], held: ["rights_from_programs"]);

    [Fact]
    public Task Sockets_let_through_by_the_filter() => HasAsync(
        "let_through('socket', 'socketpair', 'connect', 'bind', 'listen', 'sendto')",
        [
            ("socket_of_tcp", "descriptor"), ("socket_of_netlink", "descriptor"), ("datagram_to_the_host_udp", "the listener udp heard"), ("unix_path_stream", "the listener unix-stream heard"),
            ("unix_path_datagram", "the listener unix-datagram heard"), ("pair_with_an_address", "heard"), ("call_socket", "the kernel"),
        ],
        // What Landlock knows of the network, it stops by itself.
        held: ["connection_to_the_host_tcp", "unix_abstract_stream", "listening", .. OfLandlock, "call_memfd_create"]);

    [Fact]
    public Task Sockets_let_through_by_the_filter_and_by_Landlock() => HasAsync(
        "let_through('socket', 'connect', 'bind', 'listen', 'sendto')\nwithout_landlock()",
        [
            ("connection_to_the_host_tcp", "the listener tcp heard"), ("unix_abstract_stream", "the listener abstract-stream heard"),
            ("unix_abstract_datagram", "the listener abstract-datagram heard"), ("library_http", "the listener tcp heard"), ("listening", "port"),
        ],
        held: ["call_memfd_create", "one_large_block"]);

    [Fact]
    public Task Signals_let_through_by_the_filter() => HasAsync(
        "let_through('kill', 'tgkill')", [("search_for_processes", "ESRCH")], held: ["signal_to_the_decoy_stop", "signal_to_another_run_kill", .. OfLandlock]);

    [Fact]
    public Task Signals_let_through_by_the_filter_by_Landlock_and_by_the_user() => HasAsync(
        "let_through('kill', 'tgkill')\nwithout_landlock()\nconfine._drop_privileges = lambda user: 'off'",
        [
            ("signal_to_the_decoy_stop", "the decoy process was stopped"), ("signal_to_the_decoy_kill", "the decoy process was ended"), ("signal_through_a_thread", "the decoy process was stopped"),
            ("signal_nothing_to_server", "the process of server"),
        ],
        held: ["call_memfd_create", "one_large_block"]);

    [Fact]
    public Task Signals_to_another_run() => HasAsync(
        "let_through('kill', 'tgkill')\nwithout_landlock()\nconfine._drop_privileges = lambda user: 'off'",
        [("signal_to_another_run_kill", "another run was ended")], held: []);

    [Fact]
    public Task The_deadly_calls_only_refused() => HasAsync(
        "system_calls._DEADLY = []", [("deadly_ptrace", "answered EPERM"), ("deadly_process_vm_readv", "EPERM"), ("deadly_bpf", "EPERM"), ("deadly_keyctl", "EPERM")],
        held: ["call_memfd_create", "x32_open", .. OfLandlock]);

    [Fact]
    public Task Other_architectures_let_through() => HasAsync(
        "Weaker.other_architectures = seccomp.ALLOW", [("x32_getpid", "the kernel"), ("x32_socket", "the kernel"), .. OfEntryOf32Bits],
        held: ["deadly_ptrace", "call_memfd_create"]);

    [Fact]
    public Task Memory_that_becomes_code() => HasAsync(
        "let_through('mmap', 'mprotect')",
        [
            ("memory_writable_and_executable_private", "memory at"), ("memory_writable_and_executable_shared", "memory at"), ("written_memory_made_executable_read_execute", "machine code"),
            ("machine_code_in_a_library", "writable"), ("executable_stack", "executable stack"), ("memory_that_no_limit_counts_shared", "64 MiB"),
        ],
        held: ["one_large_block", "call_memfd_create"]);

    [Fact]
    public Task Memory_that_is_written_to_and_run_left_by_the_forkserver() => HasAsync(
        "memory._end_callbacks = lambda: None\ncallback = ctypes.CFUNCTYPE(None)(lambda: None)",
        [("machine_code_in_a_page_that_is_there", "which returned 12345"), ("machine_code_in_a_callback", "which returned 12345")],
        held: ["memory_writable_and_executable_private", "written_memory_made_executable_all", "machine_code_in_a_library"]);

    [Fact]
    public Task Callbacks_ended_in_a_forkserver_that_has_some() => HasAsync(
        "callback = ctypes.CFUNCTYPE(None)(lambda: None)", [], held: ["machine_code_in_a_page_that_is_there", "machine_code_in_a_callback"]);

    [Fact]
    public Task Pipes_that_can_be_opened_again() => HasAsync(
        // Root may open every pipe; an ordinary user's worker those of its own user.
        "os.fchmod = lambda *_: None\nconfine._drop_privileges = lambda user: 'off'",
        [("pipe_opened_again_output", "descriptor"), ("pipe_opened_again_errors", "descriptor"), ("pipe_opened_again_copy_of_output", "descriptor")],
        // The server does not wait for what it saw.
        held: ["output_taken_back"]);

    [Fact]
    public Task Socket_options_let_through() => HasAsync(
        "let_through('setsockopt', 'getsockopt')",
        [
            ("socket_option_set_larger_buffer", "the kernel"), ("socket_option_set_filter", "the kernel"), ("socket_option_set_of_tcp", "the kernel"),
            ("socket_option_read_who_is_there", "the kernel"), ("socket_option_read_process_there", "the kernel"),
        ],
        held: ["socket_of_udp", "limit_of_open_files"]);

    [Fact]
    public Task More_sockets_than_their_memory_allows() => HasAsync(
        "confine._SOCKET_MEMORY, confine._MOST_DESCRIPTORS = 1 << 40, 1024\nlet_through('socketpair')",
        [("socket_buffers_filled_streams", "MiB of the kernel's memory"), ("socket_buffers_filled_datagrams", "MiB of the kernel's memory"), ("limit_of_open_files", "instead of 40")],
        held: ["one_large_block"]);

    [Fact]
    public Task A_host_that_gives_sockets_large_buffers_has_none() => HasAsync(
        "confine._SOCKET_MEMORY = 1 << 20", [], held: ["socket_buffers_filled_streams", "descriptors_exhausted_pipes", "limit_of_open_files"]);

    [Fact]
    public Task The_limit_on_pending_signals_off() => HasAsync(
        "unlimited(resource.RLIMIT_SIGPENDING)", [("signals_queued", "1000 signals"), ("limit_of_pending_signals", "instead of 64")], held: ["one_large_block"]);

    [Fact]
    public Task Shared_memory_let_through() => HasAsync(
        "let_through('shmget', 'shmat', 'shmctl', 'memfd_create')",
        [("shared_memory_filled", "MiB, allowed are 64"), ("anonymous_file", "descriptor"), ("call_shmget", "the kernel"), ("call_memfd_create", "the kernel")],
        held: ["one_large_block", "socket_of_udp"]);

    [Fact]
    public Task Limits_and_itself_changed() => HasAsync(
        "let_through('prlimit64', 'prctl', 'ioctl', 'fcntl')",
        [("prctl_pdeathsig", "the kernel"), ("prctl_dumpable", "the kernel"), ("ioctl_tiocsti", "ENOTTY"), ("ioctl_siocgifconf", "ENOTTY"), ("fcntl_command_pipe_size", "the kernel"), ("limit_changed_heap", "RLIMIT_DATA")],
        held: ["call_setrlimit", "one_large_block"]);

    [Fact]
    public Task A_worker_that_is_not_killed_after_its_run() => HasAsync(
        // The server gets something that is no process.
        "forkserver.array = types.SimpleNamespace(array=lambda kind, passed: array.array(kind, [*passed[:3], os.open('/dev/null', os.O_RDONLY)]))",
        [
            ("end_told_and_lived_on", "lived on"), ("end_told_and_worked_on", "lived on"), ("pipes_closed_and_lived_on", "lived on"), ("signals_masked", "lived on"),
            ("stopped_and_never_continued", "lived on"),
        ],
        held: ["one_large_block"]);

    [Fact]
    public Task A_worker_that_serves_a_second_program() => HasAsync(
        "reuse()",
        [
            ("left_behind_environment", "of the run before"), ("left_behind_path", "of the run before"), ("left_behind_random", "of the run before"),
            ("left_behind_recursion_limit", "of the run before"),
        ],
        held: ["number_of_descriptors", "read_by_os_open"]);

    [Fact]
    public Task Random_numbers_that_all_workers_share() => HasAsync(
        "forkserver._generators = lambda: sys.modules['random'].seed(0) or []", [("seed_random", "a known state")], held: ["left_behind_environment"]);

    [Fact]
    public Task The_rights_of_somebody_else() => HasAsync(
        "",
        [
            ("search_for_another_persons_file", "secret.txt"), ("another_persons_file_name", "was answered"),
            ("write_to_what_is_not_ones_own_remove", "was answered"), ("bring_in_move", "was answered"),
        ],
        held: [], person: DecoyVolumes.Victim);

    private static async Task HasAsync(
        string patch, (string Name, string Seen)[] broken, string[] held, DecoySecrets? secrets = null, Func<Attack, RunLimits>? limits = null, Caller? person = null)
    {
        var outcomes = await Mutant.AttackAsync(patch, broken.Select(attack => attack.Name).Concat(held).Distinct(), secrets, limits, person);

        var wrong = broken.Where(attack => outcomes[attack.Name].Held || !outcomes[attack.Name].Seen.Contains(attack.Seen, StringComparison.Ordinal))
            .Select(attack => $"{attack.Name} should be broken by '{attack.Seen}': {outcomes[attack.Name]}")
            .Concat(held.Where(name => !outcomes[name].Held).Select(name => $"{name} should be held: {outcomes[name]}"));
        Assert.True(!wrong.Any(), string.Join('\n', wrong));
    }

    private static void OnlyRootMayChangeUsers() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only a server that runs as root changes users.");

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
