using LLMos.Server.Foundation.Errors;
using Microsoft.AspNetCore.SignalR;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddProblemDetails();
builder.Services.AddExceptionHandler<HttpErrorHandler>();
builder.Services.AddSignalR(options => options.AddFilter<HubErrorFilter>());

var app = builder.Build();
app.UseExceptionHandler();
app.Run();
