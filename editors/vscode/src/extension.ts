// SPDX-License-Identifier: Apache-2.0

// Starlark Memory: a client of its own beside whichever Starlark server the
// user has. It completes nothing and defines nothing; it shows what memory
// evidence there is on the lines that it is about.

import * as vscode from "vscode";

import { createBars } from "./bars";
import { registerCommands } from "./commands/commands";
import { followContext } from "./context";
import { registerEvidenceEditor } from "./evidenceEditor";
import { createGauge } from "./gauge";
import { createLogs } from "./logs";
import { Pages } from "./pages/pages";
import { NotFound } from "./server/locate";
import { Session } from "./server/session";
import { createStatusBar } from "./statusBar";
import { createViews } from "./views/views";

let session: Session | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const logs = createLogs();
  const pages = new Pages();
  const current = (session = new Session(context, logs.client, logs.server, pages));
  context.subscriptions.push(
    logs,
    current,
    createStatusBar(current),
    createGauge(current),
    createViews(current),
    createBars(current),
    followContext(current),
    registerCommands(current, logs, pages),
    registerEvidenceEditor(current),
    pages,
    vscode.workspace.onDidGrantWorkspaceTrust(() => restart(current, logs.client)),
    vscode.workspace.onDidChangeConfiguration((e) => e.affectsConfiguration("starlarkMemls.server") && restart(current, logs.client)),
  );
  try {
    await current.start();
  } catch (error) {
    // The commands stay: Restart Server works after a start that failed.
    void offerHelp(error);
  }
}

export function deactivate(): Promise<void> | undefined {
  return session?.stop();
}

function restart(current: Session, log: vscode.LogOutputChannel): void {
  current.restart().catch((error: unknown) => log.error(String(error)));
}

async function offerHelp(error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const settings = "Open Settings";
  const how = "How to Install";
  const again = "Try Again";
  const chosen = await vscode.window.showErrorMessage(`Starlark Memory: ${message}`, ...(error instanceof NotFound ? [how, settings, again] : [settings, again]));
  switch (chosen) {
    case how:
      await vscode.commands.executeCommand("workbench.action.openWalkthrough", "starlark-memls.starlark-memls#starlarkMemls.start", false);
      break;
    case settings:
      await vscode.commands.executeCommand("workbench.action.openSettings", "starlarkMemls.server");
      break;
    case again:
      await vscode.commands.executeCommand("starlarkMemls.restart");
      break;
  }
}
