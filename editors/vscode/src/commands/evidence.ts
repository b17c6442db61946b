// SPDX-License-Identifier: Apache-2.0

import * as vscode from "vscode";

import type { Session } from "../server/session";
import type { Suspect } from "../server/overview";
import { PicturesPanel } from "../views/picturesPanel";
import { evidenceOf } from "../views/suspects";
import type { Node } from "../views/nodes";
import type { Commands } from "./commands";

export function evidenceCommands(session: Session): Commands {
  const pictures = new PicturesPanel(session);
  return {
    showPictures: (name?: string) => pictures.show(typeof name === "string" ? name : undefined),
    showEvidence: async (node?: Node) => session.execute("showEvidence", await whichFunction(session, node)),
  };
}

/** The node that was clicked; the function at the cursor; or the one chosen. */
async function whichFunction(session: Session, node: Node | undefined): Promise<object> {
  if (node?.context === "suspect" && node.argument) return node.argument;
  const items = session.overview.suspects.map((suspect) => ({
    label: `#${suspect.rank} ${suspect.name}`,
    description: suspect.places.map((p) => `${p.file}:${p.line}`).join(", "),
    detail: suspect.title,
    suspect,
  }));
  const [only] = items;
  if (items.length === 1 && only) return evidenceOf(only.suspect);
  const here = items.find(({ suspect }) => atCursor(suspect));
  if (here) items.unshift(...items.splice(items.indexOf(here), 1)); // it is what Enter chooses
  const chosen = await vscode.window.showQuickPick(items, { title: "Show the evidence against which function?", matchOnDescription: true });
  if (!chosen) throw new vscode.CancellationError();
  return evidenceOf(chosen.suspect);
}

function atCursor(suspect: Suspect): boolean {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return false;
  const uri = editor.document.uri.toString();
  const word = editor.document.getText(editor.document.getWordRangeAtPosition(editor.selection.active));
  return suspect.places.some((p) => vscode.Uri.parse(p.uri).toString() === uri && (p.line - 1 === editor.selection.active.line || word === suspect.name));
}
