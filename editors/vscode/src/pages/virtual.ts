// Pages that no file holds: what the command line answered, shown in the
// preview and forgotten when the window is closed.

import * as vscode from "vscode";

const scheme = "starlark-memls";
const texts = new Map<string, string>();
const changed = new vscode.EventEmitter<vscode.Uri>();

export function registerVirtualPages(): vscode.Disposable {
  return vscode.Disposable.from(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => texts.get(uri.path) ?? "This page was not kept. Ask for it again.",
    }),
  );
}

/** Shows Markdown under a title; the same title shows in the same place. */
export async function showText(title: string, markdown: string): Promise<void> {
  const uri = vscode.Uri.from({ scheme, path: `/${title}.md` });
  texts.set(uri.path, markdown);
  changed.fire(uri);
  await vscode.commands.executeCommand("markdown.showPreview", uri);
}
