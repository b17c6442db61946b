// SPDX-License-Identifier: Apache-2.0

// What is asked of the workspace's running Bazel server. The language server
// says what it costs, asks for consent, shows what comes of it and makes it
// evidence.

import * as vscode from "vscode";

import { worst } from "../server/serverState";
import type { Session } from "../server/session";
import type { Commands } from "./commands";

export function livingCommands(session: Session): Commands {
  const ask = (command: string) => async () => session.execute(command, here(session));
  return {
    live: ask("live"),
    compareWithLast: ask("compareWithLast"),
    arm: ask("arm"),
  };
}

/** The workspace of the file in front, else that of the server that is shown. */
function here(session: Session): { workspace?: string } {
  const uri = vscode.window.activeTextEditor?.document.uri;
  if (uri?.scheme === "file" && vscode.workspace.getWorkspaceFolder(uri)) return { workspace: uri.fsPath };
  const shown = worst(session.servers);
  return shown ? { workspace: shown.workspace } : {};
}
