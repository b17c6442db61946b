// SPDX-License-Identifier: Apache-2.0

import * as vscode from "vscode";

import type { Session } from "../server/session";
import { crashNodes } from "./crashes";
import { measurementNodes } from "./measurements";
import { type Node, Tree } from "./nodes";
import { suspectNodes } from "./suspects";

/** The three sections of the view in the activity bar. */
export function createViews(session: Session): vscode.Disposable {
  const crashes = view("starlarkMemls.crashes", () => crashNodes(session.overview.crashes));
  const suspects = view("starlarkMemls.suspects", () => suspectNodes(session.overview.suspects));
  const measurements = view("starlarkMemls.measurements", () => measurementNodes(session.overview.workspaces));
  const refresh = () => {
    for (const v of [crashes, suspects, measurements]) v.tree.refresh();
    const fresh = session.overview.crashes.filter((c) => !c.older).length;
    crashes.view.badge = fresh > 0 ? { value: fresh, tooltip: fresh === 1 ? "1 crash" : `${fresh} crashes` } : undefined;
  };
  refresh();
  return vscode.Disposable.from(crashes.view, suspects.view, measurements.view, session.onDidChange(refresh));
}

function view(id: string, build: () => Node[]) {
  const tree = new Tree(build);
  return { tree, view: vscode.window.createTreeView(id, { treeDataProvider: tree, showCollapseAll: true }) };
}
