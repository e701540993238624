using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Hosting;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Doctor;

try
{
    var doctor = DoctorCommand.From(ref args);
    var builder = WebApplication.CreateBuilder(Page.OptionsFor(args));
    builder.AddHosting();
    builder.AddStorage();
    builder.AddAccounts();
    builder.AddRuns();

    var app = builder.Build();
    if (doctor is not null)
        return await doctor.RunAsync(app.Services);

    app.UseHosting();
    app.UseShellFiles();
    app.UseAccounts();
    app.UseAppFiles();

    var api = app.MapGroup("/api/v1");
    app.MapHosting(api);
    api.MapAccounts();
    app.MapRuns(api);

    app.Run();
    return 0;
}
catch (Exception failure) when (StartFailure.Explain(failure) is { } sentence)
{
    StartFailure.Tell(sentence);
    return StartFailure.ExitStatus;
}
