using System.Diagnostics;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Doctor;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Runs.Doctor;

/// <summary>Nobody is left to end the workers of a forkserver that was killed: the kernel does, as each has asked it to.</summary>
public sealed class ForkserverDeathTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("confine._PR_SET_PDEATHSIG = 23", false)] // a harmless question instead
    public async Task A_killed_forkserver_takes_every_worker_with_it_unless_the_parent_death_signal_is_off(string patch, bool held)
    {
        using var folder = new TemporaryFolder();
        using var forkserver = await Forkserver.StartAsync(Mutant.MakeInterpreter(folder, patch), folder.Path, TestContext.Current.CancellationToken);
        using var one = await StartWorkerAsync(forkserver);
        using var another = await StartWorkerAsync(forkserver);
        Worker[] workers = [one, another];

        using var process = Process.GetProcessById(forkserver.ProcessId);
        process.Kill();
        await Eventually.HoldsAsync(() => !ProcessFacts.Lives(process.Id), "the forkserver is gone");

        // The kernel sends the signal before anybody can see that the process has ended.
        Assert.All(workers, worker => Assert.Equal(held, ProcessFacts.IsBeingKilled(worker.ProcessId) || !ProcessFacts.Lives(worker.ProcessId)));
        Array.ForEach(workers, worker => worker.Kill());
    }

    private static async Task<Worker> StartWorkerAsync(Forkserver forkserver)
    {
        var options = new RunOptions();
        var worker = await forkserver.ForkAsync(SandboxPolicy.For(new RunLimits(TimeoutSeconds: 60, HeapMegabytes: 64, OutputBytes: 65_536), options) with { Required = [] });
        // Its first word is that it is confined.
        await Task.Run(() => Posix.Poll(worker.Output, null, null, -1));
        Assert.Equal(1, Posix.Read(worker.Output, new byte[1]));
        return worker;
    }
}
