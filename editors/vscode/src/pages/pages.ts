// SPDX-License-Identifier: Apache-2.0

// Pages: reports, evidence, explanations. The server writes them as Markdown
// files into its cache, so that any editor can open them; here they are shown
// rendered, in one panel a kind, and every place they name leads to its line.

import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";

import { escapeHtml, htmlPage } from "./html";
import { render } from "./svg";

/** The panel of plots, as VS Code knows it. */
export const plotType = "starlarkMemls.plot";

const style = `
h1 { font-size: 1.7em; font-weight: 600; margin: .8em 0 .4em; } h2 { margin-top: 1.4em; }
h1 code { font: inherit; background: none; padding: 0; color: inherit; } pre code { background: none; padding: 0; }
svg { max-width: 100%; height: auto; }
code a { text-decoration: none; } code a:hover { text-decoration: underline; }`;

const script = `
const api = acquireVsCodeApi();
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-place], [data-find]");
  if (!link) return;
  event.preventDefault();
  api.postMessage({ place: link.dataset.place, find: link.dataset.find });
});`;

export class Pages implements vscode.Disposable {
  readonly #panels = new Map<string, vscode.WebviewPanel>();

  /** Shows a page that the server wrote; false if the URI is not one's. */
  async showFile(uri: string): Promise<boolean> {
    const page = vscode.Uri.parse(uri, true);
    if (!isPage(page)) return false;
    try {
      const kind = path.posix.basename(page.path, ".md").replace(/-[0-9a-f]+$/, "");
      await this.show(kind, await fs.readFile(page.fsPath, "utf8"));
      return true;
    } catch {
      return false; // Markdown is switched off: the text then
    }
  }

  /** Shows Markdown; the same kind takes the place of the last of its kind. */
  async show(kind: string, markdown: string): Promise<void> {
    const html = await render(markdown);
    const title = titleOf(markdown) ?? "Starlark Memory";
    const panel = this.#panel(kind);
    panel.title = title;
    const pictures = kind === "evidence" ? `<p><a href="#" data-find="${escapeHtml(title)}">Look around in pictures</a></p>` : "";
    panel.webview.html = htmlPage({ title, body: withPlaces(html) + pictures, style, script });
    panel.reveal(undefined, false);
  }

  dispose(): void {
    for (const panel of this.#panels.values()) panel.dispose();
  }

  #panel(kind: string): vscode.WebviewPanel {
    const known = this.#panels.get(kind);
    if (known) return known;
    const panel = vscode.window.createWebviewPanel("starlarkMemls.page", "Starlark Memory", besidePlots(), { enableScripts: true, enableFindWidget: true, localResourceRoots: [] });
    panel.webview.onDidReceiveMessage(({ place, find }: { place?: unknown; find?: unknown }) => {
      if (typeof place === "string") void openPlace(place);
      if (typeof find === "string") void vscode.commands.executeCommand("starlarkMemls.showPictures", find);
    });
    panel.onDidDispose(() => this.#panels.delete(kind));
    this.#panels.set(kind, panel);
    return panel;
  }
}

/** Where pages open: where the user is, but not over the plots. A sweep that ends shows both. */
function besidePlots(): vscode.ViewColumn {
  const { activeTab, viewColumn } = vscode.window.tabGroups.activeTabGroup;
  const onPlots = activeTab?.input instanceof vscode.TabInputWebview && activeTab.input.viewType.endsWith(plotType);
  if (!onPlots) return vscode.ViewColumn.Active;
  return viewColumn === vscode.ViewColumn.One ? vscode.ViewColumn.Beside : vscode.ViewColumn.One;
}

function isPage(uri: vscode.Uri): boolean {
  return uri.scheme === "file" && uri.path.endsWith(".md") && /\/starlark-memls\/pages$/.test(path.posix.dirname(uri.path));
}

/** The first heading, without its marks. */
function titleOf(markdown: string): string | undefined {
  return /^#\s+(.+)$/m.exec(markdown)?.[1]?.replaceAll("`", "").replace(/\\(?=[^a-zA-Z0-9\s])/g, "");
}

/** Makes `memory/eat.bzl:55` a link where it stands as code. */
export function withPlaces(html: string): string {
  return html.replace(/<code>([^<>\s]+?:\d+)(:\d+)?<\/code>/g, (_, place: string, column: string | undefined) => {
    return `<code><a href="#" data-place="${escapeHtml(place)}">${place}${column ?? ""}</a></code>`;
  });
}

/** Opens FILE:LINE; in the column that is given, where it may leave the focus as it is. */
export async function openPlace(place: string, viewColumn?: vscode.ViewColumn, preserveFocus = false): Promise<void> {
  const match = /^(.*):(\d+)$/.exec(place);
  if (!match) return;
  const [, file = "", line = "1"] = match;
  const position = new vscode.Position(Math.max(0, Number(line) - 1), 0);
  for (const uri of candidates(file)) {
    try {
      await vscode.workspace.fs.stat(uri);
    } catch {
      continue; // not in this folder
    }
    await vscode.window.showTextDocument(uri, { selection: new vscode.Range(position, position), ...(viewColumn === undefined ? {} : { viewColumn, preserveFocus }) });
    return;
  }
}

function candidates(file: string): vscode.Uri[] {
  if (path.isAbsolute(file)) return [vscode.Uri.file(file)];
  return (vscode.workspace.workspaceFolders ?? []).map((folder) => vscode.Uri.joinPath(folder.uri, file));
}
