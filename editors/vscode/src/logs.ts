// SPDX-License-Identifier: Apache-2.0

import * as readline from "node:readline";
import type { Readable } from "node:stream";
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

/**
 * What the server writes to stderr, at the level that each line names: the
 * library takes all of it for errors. What names none, as a crash of the
 * server's own, is one.
 */
export function followStderr(stderr: Readable, log: Pick<vscode.LogOutputChannel, "debug" | "info" | "warn" | "error">): void {
  readline.createInterface({ input: stderr, crlfDelay: Infinity, historySize: 0 }).on("line", (line) => {
    const [, level, rest] = /^time=\S+ level=(DEBUG|INFO|WARN|ERROR)\S* (.*)$/.exec(line) ?? [];
    switch (level) {
      case "DEBUG":
        return log.debug(rest ?? line);
      case "INFO":
        return log.info(rest ?? line);
      case "WARN":
        return log.warn(rest ?? line);
      default:
        return log.error(rest ?? line);
    }
  });
}
