// A server's log is shown only for the test that fails.
[assembly: CaptureConsole]
