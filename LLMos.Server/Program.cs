using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Server.Devices.Lent;
using LLMos.Server.Foundation.Hosting;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Storage.Backups;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Doctor;
using LLMos.Server.Volumes;

try
{
    CoreDumps.Forbid();
    if (BenchCommand.From(args) is { } bench)
        return await bench.RunAsync(TimeProvider.System);
    var doctor = DoctorCommand.From(ref args);
    var restore = RestoreCommand.From(ref args);
    var repairs = RepairCommand.IsIn(ref args);
    var builder = WebApplication.CreateBuilder(Page.OptionsFor(args));
    builder.AddHosting();
    builder.AddStorage();
    builder.AddAccounts();
    builder.AddVolumes();
    builder.AddDevices();
    builder.AddRuns();

    var app = builder.Build();
    if (doctor is not null)
        return await doctor.RunAsync(app.Services);
    if (restore is not null)
        return restore.Run(app.Services);

    if (repairs)
        return RepairCommand.Run(app.Services);

    app.UseHosting();
    app.UseShellFiles();
    app.UseAccounts();
    app.UseAppFiles();

    var api = app.MapGroup("/api/v1");
    app.MapHosting(api);
    api.MapAccounts();
    app.MapVolumes(api);
    app.MapDevices(api);
    app.MapRuns(api);

    var work = app.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToList();
    app.Run();
    // A stop because a part of the server failed is no ordinary end: who watches over it is to start it again.
    return work.Exists(part => part.ExecuteTask is { IsFaulted: true }) ? StartFailure.ExitStatusOfFault : 0;
}
catch (Exception failure) when (StartFailure.Explain(failure) is { } sentence)
{
    StartFailure.Tell(sentence);
    return StartFailure.ExitStatus;
}
