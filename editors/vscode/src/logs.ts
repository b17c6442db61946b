import * as vscode from "vscode";

/** Two channels: what the extension does, with the trace, and the server's log. */
export interface Logs extends vscode.Disposable {
  client: vscode.LogOutputChannel;
  server: vscode.LogOutputChannel;
}

export function createLogs(): Logs {
  const client = vscode.window.createOutputChannel("Starlark Memory", { log: true });
  const server = vscode.window.createOutputChannel("Starlark Memory (server)", { log: true });
  return { client, server, dispose: () => vscode.Disposable.from(client, server).dispose() };
}
