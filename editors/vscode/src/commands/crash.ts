// SPDX-License-Identifier: Apache-2.0

import * as vscode from "vscode";

import type { Session } from "../server/session";
import { ago, type Node } from "../views/nodes";
import type { Commands } from "./commands";

export function crashCommands(session: Session): Commands {
  return {
    jumpToCrash: async (node?: Node) => session.execute("jumpToCrash", await whichCrash(session, node, "Jump to which crash?")),
    showCrashReport: async (node?: Node) => session.execute("showCrashReport", await whichCrash(session, node, "Show the report of which crash?")),
  };
}

/** The crash of the node that was clicked; the only one; or the one chosen. */
async function whichCrash(session: Session, node: Node | undefined, question: string): Promise<object> {
  if (node?.context === "crash" && node.argument) return node.argument;
  const all = session.overview.crashes;
  if (all.length <= 1) return { crash: 0 };
  const items = all.map((c) => ({
    label: c.places[0] ? `${c.places[0].file}:${c.places[0].line}` : c.cause.replaceAll("_", " "),
    description: [c.target, ago(c.time)].filter(Boolean).join(" · "),
    detail: c.message,
    crash: c.crash,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: question, matchOnDescription: true, matchOnDetail: true });
  if (!chosen) throw new vscode.CancellationError();
  return { crash: chosen.crash };
}
