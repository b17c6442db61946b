// SPDX-License-Identifier: Apache-2.0

// The heap of this workspace's Bazel server, beside what is known of builds:
// quiet while all is well, a colour when it is near its limit.

import * as vscode from "vscode";

import { look, worst } from "./server/serverState";
import type { Session } from "./server/session";

export function createGauge(session: Session): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("starlarkMemls.gauge", vscode.StatusBarAlignment.Left, -1);
  item.name = "Starlark Memory: Bazel's Heap";
  item.command = "starlarkMemls.live";
  const update = () => {
    const now = look(worst(session.servers));
    if (!now) {
      item.hide();
      return;
    }
    item.text = now.text;
    item.tooltip = now.tooltip;
    item.backgroundColor = now.background ? new vscode.ThemeColor(now.background) : undefined;
    item.show();
  };
  update();
  return vscode.Disposable.from(item, session.onDidChange(update));
}
