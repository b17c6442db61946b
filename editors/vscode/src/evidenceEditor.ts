// Heap dumps and profiles in an editor that shows the report on them. The file
// is read in a run of its own, so looking at one changes nothing of what the
// server shows on the lines; the button does.

import * as path from "node:path";
import * as vscode from "vscode";

import { escapeHtml, htmlPage } from "./pages/html";
import { reportMarkdown } from "./server/cli";
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
  webview.onDidReceiveMessage(() => vscode.commands.executeCommand("starlarkMemls.loadPath", uri.fsPath));
  const reading = new AbortController();
  panel.onDidDispose(() => reading.abort());
  try {
    const markdown = await reportMarkdown(session, uri.fsPath, reading.signal);
    const html = await vscode.commands.executeCommand<string>("markdown.api.render", markdown);
    webview.html = htmlPage({
      title,
      body: `<p><button id="load">Show this on the lines of the sources</button></p>${html}`,
      script: `const api = acquireVsCodeApi(); document.getElementById("load").addEventListener("click", () => api.postMessage("load"));`,
    });
  } catch (error) {
    if (reading.signal.aborted) return;
    webview.html = htmlPage({ title, body: `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(error instanceof Error ? error.message : String(error))}</p>` });
  }
}
