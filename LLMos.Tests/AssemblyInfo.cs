// A server's log is shown only for the test that fails.
[assembly: CaptureConsole]

// Warming an interpreter takes seconds: tests that run code share one server and take a person each.
[assembly: AssemblyFixture(typeof(LLMos.Tests.Runs.SharedServer))]
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
