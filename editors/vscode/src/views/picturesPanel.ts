// SPDX-License-Identifier: Apache-2.0

// The pictures to look around in: who holds the memory, what happened when, who
// called whom. A click on a bar goes to its line, beside the panel.

import * as vscode from "vscode";

import { escapeHtml, htmlPage } from "../pages/html";
import { openPlace } from "../pages/pages";
import { inWebview, type PictureMessage } from "../pages/picturePage";
import { reportPage } from "../server/cli";
import type { Session } from "../server/session";

const title = "Memory Pictures";

export class PicturesPanel {
  #panel: vscode.WebviewPanel | undefined;
  #reading: AbortController | undefined;
  /** The name that is looked for when the page is there. */
  #find: string | undefined;

  constructor(private readonly session: Session) {}

  /** Shows what is loaded, with a name looked for in it. */
  async show(find?: string): Promise<void> {
    this.#find = find;
    const panel = (this.#panel ??= this.#open());
    panel.reveal(undefined, true);
    this.#reading?.abort();
    const reading = (this.#reading = new AbortController());
    panel.webview.html = htmlPage({ title, body: "<p>Reading…</p>" });
    try {
      const page = await reportPage(this.session, this.#paths(), reading.signal);
      panel.webview.html = inWebview(page);
    } catch (error) {
      if (reading.signal.aborted) return;
      panel.webview.html = htmlPage({ title, body: `<p>${escapeHtml(error instanceof Error ? error.message : String(error))}</p>` });
    }
  }

  /** The measurements that are loaded; none where it is the last build alone. */
  #paths(): string[] {
    const all = this.session.overview.workspaces.flatMap((w) => w.measurements.map((m) => ({ path: m.path, own: m.path === w.output_base })));
    return all.every((m) => m.own) && all.length === 1 ? [] : all.map((m) => m.path);
  }

  #open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel("starlarkMemls.pictures", title, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true }, { enableScripts: true, retainContextWhenHidden: true, localResourceRoots: [] });
    panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#reading?.abort();
    });
    panel.webview.onDidReceiveMessage(({ place, focus, ready }: PictureMessage) => {
      if (place) void openPlace(place, besideOf(panel), !focus);
      if (ready && this.#find) void panel.webview.postMessage({ find: this.#find });
    });
    return panel;
  }
}

/** Where a line opens: in another column than the panel's. */
function besideOf(panel: vscode.WebviewPanel): vscode.ViewColumn {
  return panel.viewColumn === vscode.ViewColumn.One ? vscode.ViewColumn.Two : vscode.ViewColumn.One;
}
