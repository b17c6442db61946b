// The plots, drawn by the server as SVG. A mark that stands for a measurement
// carries its path in data-measurement, and a click on it loads that one.

import * as fs from "node:fs/promises";
import * as vscode from "vscode";

import { escapeHtml, htmlPage } from "../pages/html";
import type { Session } from "../server/session";

interface Plotted {
  /** Files that were written; the SVGs among them are shown. */
  paths?: string[];
}

const style = `
figure { margin: 1em 0; } svg { max-width: 100%; height: auto; }
[data-measurement] { cursor: pointer; } [data-measurement]:hover { opacity: .7; }`;

const script = `
const api = acquireVsCodeApi();
document.addEventListener("click", (event) => {
  const mark = event.target.closest("[data-measurement]");
  if (mark) api.postMessage({ measurement: mark.dataset.measurement });
});`;

export class PlotPanel {
  #panel: vscode.WebviewPanel | undefined;

  constructor(private readonly session: Session) {}

  /** Plots a series, or without one whatever the server knows. */
  async show(series?: string[]): Promise<void> {
    const plotted = await this.session.execute<Plotted | null>("plot", series && series.length > 0 ? { paths: series } : undefined);
    const files = (plotted?.paths ?? []).filter((path) => path.endsWith(".svg"));
    if (files.length === 0) throw new Error("there is nothing to plot: load a series of measurements, or sweep memory limits");
    const figures = await Promise.all(files.map(figure));
    const panel = (this.#panel ??= this.#open());
    panel.webview.html = htmlPage({ title: "Memory Plots", body: figures.join("\n"), style, script });
    panel.reveal(undefined, true);
  }

  #open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel("starlarkMemls.plot", "Memory Plots", vscode.ViewColumn.Beside, { enableScripts: true, localResourceRoots: [] });
    panel.iconPath = vscode.Uri.joinPath(this.session.extensionUri, "media", "memory.svg");
    panel.onDidDispose(() => (this.#panel = undefined));
    panel.webview.onDidReceiveMessage(({ measurement }: { measurement?: unknown }) => {
      if (typeof measurement === "string") void vscode.commands.executeCommand("starlarkMemls.loadPath", measurement);
    });
    return panel;
  }
}

/** An SVG, inline so that it takes the theme's colours; its own prologue and scripts left out. */
async function figure(file: string): Promise<string> {
  const text = await fs.readFile(file, "utf8");
  const start = text.indexOf("<svg");
  const end = text.lastIndexOf("</svg>");
  if (start < 0 || end < 0) return `<p>${escapeHtml(file)} is no SVG</p>`;
  return `<figure>${text.slice(start, end + "</svg>".length).replace(/<script[\s\S]*?<\/script>/gi, "")}</figure>`;
}
