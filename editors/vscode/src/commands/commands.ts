// SPDX-License-Identifier: Apache-2.0

import * as vscode from "vscode";

import type { Session } from "../server/session";
import type { Logs } from "../logs";
import type { Pages } from "../pages/pages";
import { crashCommands } from "./crash";
import { evidenceCommands } from "./evidence";
import { livingCommands } from "./living";
import { measurementCommands } from "./measurements";
import { sweepCommands } from "./sweep";

export type Commands = Record<string, (...args: never[]) => unknown>;

/** Registers what the palette and the menus offer, under starlarkMemls. */
export function registerCommands(session: Session, logs: Logs, pages: Pages): vscode.Disposable {
  const all: Commands = {
    ...crashCommands(session),
    ...evidenceCommands(session),
    ...measurementCommands(session, pages),
    ...sweepCommands(session, pages),
    ...livingCommands(session),
    showOutput: () => logs.server.show(true),
    restart: () => session.restart(),
  };
  return vscode.Disposable.from(
    ...Object.entries(all).map(([name, run]) => vscode.commands.registerCommand(`starlarkMemls.${name}`, reporting(logs, run as Run))),
  );
}

type Run = (...args: unknown[]) => unknown;

/** A command that fails says so in one line, and in the log. */
function reporting(logs: Logs, run: Run): Run {
  return async (...args) => {
    try {
      return await run(...args);
    } catch (error) {
      if (error instanceof vscode.CancellationError) return undefined;
      const message = error instanceof Error ? error.message : String(error);
      logs.client.error(message);
      const show = "Show Output";
      void vscode.window.showErrorMessage(`Starlark Memory: ${message}`, show).then((chosen) => chosen === show && logs.server.show(true));
      return undefined;
    }
  };
}
