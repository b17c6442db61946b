// Pages: the server writes reports and evidence as Markdown files into its
// cache; here they open in VS Code's own preview.

import * as path from "node:path";
import * as vscode from "vscode";

/** Opens a page of the server's as a preview; false if it is no page. */
export async function showPage(uri: string): Promise<boolean> {
  const page = vscode.Uri.parse(uri, true);
  if (!isPage(page)) return false;
  try {
    await vscode.commands.executeCommand("markdown.showPreview", page);
    return true;
  } catch {
    return false; // Markdown is switched off: the text then
  }
}

function isPage(uri: vscode.Uri): boolean {
  const folder = path.posix.dirname(uri.path);
  return uri.scheme === "file" && uri.path.endsWith(".md") && /\/starlark-memls\/pages$/.test(folder);
}
