// SPDX-License-Identifier: Apache-2.0

import * as vscode from "vscode";

import { compareMarkdown } from "../server/cli";
import type { Measurement, Overview } from "../server/overview";
import type { Session } from "../server/session";
import type { Pages } from "../pages/pages";
import type { Node } from "../views/nodes";
import type { Commands } from "./commands";

interface Loaded {
  measurements: Measurement[];
  warnings: string[];
}

export function measurementCommands(session: Session, pages: Pages): Commands {
  return {
    loadMeasurements: async (uri?: vscode.Uri, selected?: vscode.Uri[]) => {
      const uris = uri instanceof vscode.Uri ? (selected ?? [uri]) : await pick("Load", "Measurement folders, series folders or bare files");
      await load(session, uris.map((u) => u.fsPath));
    },
    loadPath: (path: string | Node) => load(session, [typeof path === "string" ? path : (path.argument as { path: string }).path]),
    clear: async () => session.take(await session.execute<Overview>("clear")),
    rescan: async () => session.take(await session.execute<Overview>("rescan")),
    compareMeasurements: () => compare(session, pages),
    revealMeasurement: (node: Node) => vscode.env.openExternal(vscode.Uri.file((node.argument as { path: string }).path)),
  };
}

async function load(session: Session, paths: string[]): Promise<void> {
  const loaded = await session.execute<Loaded>("loadMeasurements", { paths });
  const count = loaded.measurements.length === 1 ? "1 measurement" : `${loaded.measurements.length} measurements`;
  const crashes = loaded.measurements.reduce((sum, m) => sum + m.crashes, 0);
  const text = `Loaded ${count}${crashes > 0 ? `, ${crashes} of them crashed` : ""}.`;
  const [warning, ...more] = loaded.warnings;
  if (warning === undefined) {
    vscode.window.setStatusBarMessage(`Starlark Memory: ${text}`, 5000);
  } else {
    void vscode.window.showWarningMessage(`${text} ${warning}${more.length > 0 ? ` (and ${more.length} more)` : ""}`);
  }
}

async function compare(session: Session, pages: Pages): Promise<void> {
  const before = await pick("Before", "What was measured before");
  const after = await pick("After", "What was measured after");
  const markdown = await compareMarkdown(session, before.map((u) => u.fsPath), after.map((u) => u.fsPath));
  await pages.show("comparison", markdown);
}

async function pick(openLabel: string, title: string): Promise<vscode.Uri[]> {
  // One dialog for files and folders exists on macOS only, and remotely.
  const both = process.platform === "darwin" || vscode.env.remoteName !== undefined;
  let folders = both;
  if (!both) {
    const kind = await vscode.window.showQuickPick(["Folders", "Files"], { title, placeHolder: "A folder is a measurement or a series; a file is a profile, console log, BEP, pprof or heap dump" });
    if (!kind) throw new vscode.CancellationError();
    folders = kind === "Folders";
  }
  const chosen = await vscode.window.showOpenDialog({ canSelectMany: true, canSelectFolders: folders, canSelectFiles: both || !folders, openLabel, title });
  if (!chosen || chosen.length === 0) throw new vscode.CancellationError();
  return chosen;
}
