// SPDX-License-Identifier: Apache-2.0

// Heap dumps and profiles in an editor that shows the report on them. The file
// is read in a run of its own, so looking at one changes nothing of what the
// server shows on the lines; the button does.

import * as path from "node:path";
import * as vscode from "vscode";

import { escapeHtml, htmlPage } from "./pages/html";
import { openPlace } from "./pages/pages";
import { inWebview, type PictureMessage } from "./pages/picturePage";
import { reportPage } from "./server/cli";
import type { Session } from "./server/session";

// A heap dump opens here by itself, for no other editor can show one; of a profile
// it is a choice.
const viewTypes = ["starlarkMemls.heapDump", "starlarkMemls.evidence"];

class Evidence implements vscode.CustomDocument {
  constructor(readonly uri: vscode.Uri) {}
  dispose(): void {}
}

export function registerEvidenceEditor(session: Session): vscode.Disposable {
  const provider: vscode.CustomReadonlyEditorProvider<Evidence> = {
    openCustomDocument: (uri) => new Evidence(uri),
    resolveCustomEditor: (document, panel) => show(session, document.uri, panel),
  };
  return vscode.Disposable.from(
    ...viewTypes.map((type) => vscode.window.registerCustomEditorProvider(type, provider, { supportsMultipleEditorsPerDocument: false })),
  );
}

async function show(session: Session, uri: vscode.Uri, panel: vscode.WebviewPanel): Promise<void> {
  const title = path.basename(uri.fsPath);
  const webview = panel.webview;
  webview.options = { enableScripts: true, localResourceRoots: [] };
  if (!vscode.workspace.isTrusted) {
    webview.html = htmlPage({ title, body: `<h1>${escapeHtml(title)}</h1><p>This workspace is not trusted: only its sources are read.</p>` });
    return;
  }
  webview.html = htmlPage({ title, body: `<h1>${escapeHtml(title)}</h1><p>Reading…</p>` });
  webview.onDidReceiveMessage(({ place, focus, post }: PictureMessage) => {
    if (place) void openPlace(place, vscode.ViewColumn.Beside, !focus);
    if (post === "load") void vscode.commands.executeCommand("starlarkMemls.loadPath", uri.fsPath);
  });
  const reading = new AbortController();
  panel.onDidDispose(() => reading.abort());
  try {
    const page = await reportPage(session, [uri.fsPath], reading.signal);
    webview.html = inWebview(page, `<p><button id="load" type="button" data-post="load">Show this on the lines of the sources</button></p>`);
  } catch (error) {
    if (reading.signal.aborted) return;
    webview.html = htmlPage({ title, body: `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(error instanceof Error ? error.message : String(error))}</p>` });
  }
}
