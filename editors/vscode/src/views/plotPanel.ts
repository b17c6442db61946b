// The plots, drawn by the server as SVG. A mark that stands for a measurement
// carries its path in data-measurement, and a click on it loads that one.

import * as fs from "node:fs/promises";
import * as vscode from "vscode";

import { escapeHtml, htmlPage } from "../pages/html";
import type { Session } from "../server/session";

interface Plotted {
  title: string;
  path: string;
  /** The picture itself. */
  svg?: string;
  warnings: string[];
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

  /** Plots what is loaded; else shows the newest picture; else asks what to plot. */
  async show(): Promise<void> {
    const { overview } = this.session;
    const loaded = overview.workspaces.some((w) => w.measurements.some((m) => m.path !== w.output_base));
    if (!loaded && overview.plot) return this.showFile(overview.plot);
    const plotted = await this.session.execute<Plotted>("plot", loaded ? undefined : { paths: await askSeries() });
    this.#present(plotted.title, plotted.svg ?? "", plotted.warnings);
  }

  /** Shows a picture that was drawn before. */
  async showFile(file: string): Promise<void> {
    this.#present("Memory Plots", await fs.readFile(file, "utf8"), []);
  }

  #present(title: string, svg: string, warnings: string[]): void {
    const panel = (this.#panel ??= this.#open());
    panel.title = title;
    const notes = warnings.map((w) => `<p>${escapeHtml(w)}</p>`).join("");
    panel.webview.html = htmlPage({ title, body: `<figure>${inline(svg)}</figure>${notes}`, style, script });
    panel.reveal(undefined, true);
  }

  #open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel("starlarkMemls.plot", "Memory Plots", vscode.ViewColumn.Beside, { enableScripts: true, localResourceRoots: [] });
    panel.onDidDispose(() => (this.#panel = undefined));
    panel.webview.onDidReceiveMessage(({ measurement }: { measurement?: unknown }) => {
      if (typeof measurement === "string") void vscode.commands.executeCommand("starlarkMemls.loadPath", measurement);
    });
    return panel;
  }
}

/** An SVG's element, so that it takes the theme's colours; without prologue and scripts. */
function inline(svg: string): string {
  const start = svg.indexOf("<svg");
  const end = svg.lastIndexOf("</svg>");
  if (start < 0 || end < 0) return "<p>There is no picture.</p>";
  const element = svg.slice(start, end + "</svg>".length).replace(/<script[\s\S]*?<\/script>/gi, "");
  // A picture by itself asks the system whether it is dark; here the theme tells.
  return element.replaceAll("@media (prefers-color-scheme: dark)", "body.vscode-dark, body.vscode-high-contrast:not(.vscode-high-contrast-light)");
}

async function askSeries(): Promise<string[]> {
  const chosen = await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: true, canSelectMany: true, openLabel: "Plot", title: "Series of measurements, or tables of them" });
  if (!chosen || chosen.length === 0) throw new vscode.CancellationError();
  return chosen.map((uri) => uri.fsPath);
}
