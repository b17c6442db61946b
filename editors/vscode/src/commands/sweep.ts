// SPDX-License-Identifier: Apache-2.0

// Sweeps and plots. The server has these commands or has not: package.json
// shows them by what it announced (context.ts). A sweep answers at once; how
// far it is comes with each overview, and so does its result.

import * as vscode from "vscode";

import type { Pages } from "../pages/pages";
import { PlotPanel } from "../views/plotPanel";
import type { Session } from "../server/session";
import { setting } from "../settings";
import type { Commands } from "./commands";

export function sweepCommands(session: Session, pages: Pages): Commands {
  const panel = new PlotPanel(session, pages);
  const startedHere = new Set<string>();
  session.onDidChange(() => {
    const { sweep } = session.overview;
    if (sweep && sweep.state !== "running" && startedHere.delete(sweep.out) && sweep.plot) void panel.showFile(sweep.plot);
  });
  const begin = async (command: string, argument: object) => {
    const { out } = await session.execute<{ out: string }>(command, { ...common(), ...argument });
    startedHere.add(out);
  };
  return {
    sweep: async () => {
      const memory = await ask("Which memory limits?", setting<string>("sweep.memory"), "150m:400m:50m, or 150m,200m,400m");
      await begin("sweep", { memory, args: await askTargets() });
    },
    findLimit: async () => begin("findLimit", { args: await askTargets() }),
    stopSweep: () => session.execute("stopSweep"),
    showPlot: () => panel.show(),
  };
}

/** The folder that is meant; and vscode-bazel's Bazel, which the server cannot know of. */
function common(): object {
  const folder = activeFolder();
  const bazel = setting<string>("bazel.executable") ? undefined : vscode.workspace.getConfiguration("bazel").get<string>("executable");
  return { ...(folder ? { workspace: folder.uri.fsPath } : {}), ...(bazel ? { bazel } : {}) };
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
