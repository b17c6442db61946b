// Sweeps and plots. The server has these commands or has not: package.json
// shows them by what it announced (context.ts).

import * as vscode from "vscode";

import { PlotPanel } from "../views/plotPanel";
import type { Session } from "../server/session";
import { bazelExecutable, setting } from "../settings";
import type { Commands } from "./commands";

/** What a sweep answers with. */
interface Swept {
  /** The series' folder, and what was plotted. */
  paths?: string[];
}

export function sweepCommands(session: Session): Commands {
  const panel = new PlotPanel(session);
  return {
    sweep: async () => {
      const memory = await ask("Which memory limits?", setting<string>("sweep.memory"), "150m:400m:50m, or 150m,200m,400m");
      const targets = await askTargets();
      const swept = await session.execute<Swept | null>("sweep", { ...common(targets), memory, runs: setting<number>("sweep.runs") });
      await panel.show(swept?.paths);
    },
    findLimit: async () => {
      const targets = await askTargets();
      await session.execute("findLimit", common(targets));
    },
    stopSweep: () => session.execute("stopSweep"),
    showPlot: () => panel.show(),
  };
}

function common(targets: string[]): object {
  const folder = activeFolder();
  return { ...(folder ? { workspace: folder.uri.fsPath } : {}), bazel: bazelExecutable(), args: targets };
}

function activeFolder(): vscode.WorkspaceFolder | undefined {
  const active = vscode.window.activeTextEditor?.document.uri;
  return (active && vscode.workspace.getWorkspaceFolder(active)) ?? vscode.workspace.workspaceFolders?.[0];
}

async function askTargets(): Promise<string[]> {
  const text = await ask("Which targets and flags? They are built on an output base of their own.", setting<string[]>("sweep.targets").join(" "), "//...");
  return text.split(/\s+/).filter(Boolean);
}

async function ask(title: string, value: string, placeHolder: string): Promise<string> {
  const answer = await vscode.window.showInputBox({
    title,
    value,
    placeHolder,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === "" ? `for example ${placeHolder}` : undefined),
  });
  if (answer === undefined) throw new vscode.CancellationError();
  return answer.trim();
}
