// SPDX-License-Identifier: Apache-2.0

// In a browser without a machine behind it no process can be started, and so
// no server. Rather than being silent, say so, once, when it would matter.

import * as vscode from "vscode";

const message =
  "Starlark Memory reads what Bazel left on a machine, so it cannot work in VS Code for the Web. Open the folder in VS Code, over SSH, in a container or in a codespace.";

export function activate(context: vscode.ExtensionContext): void {
  const item = vscode.window.createStatusBarItem("starlarkMemls.status", vscode.StatusBarAlignment.Left, 0);
  item.text = "$(circle-slash) Memory";
  item.tooltip = message;
  item.show();
  context.subscriptions.push(
    item,
    ...["restart", "loadMeasurements", "showOutput"].map((name) =>
      vscode.commands.registerCommand(`starlarkMemls.${name}`, () => vscode.window.showInformationMessage(message)),
    ),
  );
}
