// SPDX-License-Identifier: Apache-2.0

// The plots, drawn by the server as SVG, with a chooser of all that it can draw.
// A mark that stands for measurements carries their paths in data-measurements,
// and a click on it opens one: its report.

import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";

import { escapeHtml, htmlPage } from "../pages/html";
import { type Pages, plotType } from "../pages/pages";
import { inline } from "../pages/svg";
import { reportMarkdown } from "../server/cli";
import type { Overview, PlotKind } from "../server/overview";
import type { Session } from "../server/session";

interface Plotted {
  title: string;
  path: string;
  /** The picture itself. */
  svg?: string;
  warnings: string[];
}

/** What is chosen: the kind of picture, and for one of a profile, whose. */
interface Choice {
  show?: string | undefined;
  measurement?: string | undefined;
}

/** What the page says: a mark was clicked, or something was chosen. */
interface Message extends Choice {
  /** JSON, a list of paths. */
  open?: string;
}

const style = `
figure { margin: 1em 0; } svg { max-width: 100%; height: auto; }
form { display: flex; flex-wrap: wrap; gap: .4em 1.2em; margin-top: 1em; }
select { font: inherit; color: var(--vscode-dropdown-foreground); background: var(--vscode-dropdown-background); border: 1px solid var(--vscode-dropdown-border, transparent); padding: .2em; max-width: 32em; }
p { overflow-wrap: anywhere; }
[data-measurements] { cursor: pointer; pointer-events: bounding-box; } [data-measurements]:hover { opacity: .7; }`;

const script = `
const api = acquireVsCodeApi();
document.addEventListener("click", (event) => {
  const mark = event.target.closest("[data-measurements]");
  if (mark) api.postMessage({ open: mark.dataset.measurements });
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form");
  if (form) api.postMessage(Object.fromEntries(new FormData(form)));
});`;

export class PlotPanel {
  #panel: vscode.WebviewPanel | undefined;

  constructor(
    private readonly session: Session,
    private readonly pages: Pages,
  ) {}

  /** Plots what is loaded; else shows the newest picture, or the last build's crash; else asks what to plot. */
  async show(): Promise<void> {
    const { overview } = this.session;
    const loaded = overview.workspaces.some((w) => w.measurements.some((m) => m.path !== w.output_base));
    if (!loaded && overview.plot) return this.showFile(overview.plot);
    const [crash] = overview.workspaces.filter((w) => w.measurements.some((m) => m.path === w.output_base && m.crashes > 0));
    if (!loaded && crash?.output_base) return this.#choose({ show: "threads", measurement: crash.output_base });
    this.#present(await this.session.execute<Plotted>("plot", loaded ? undefined : { paths: await askSeries() }), {});
  }

  /** Shows a picture that was drawn before. */
  async showFile(file: string): Promise<void> {
    this.#present({ title: "Memory Plots", path: file, svg: await fs.readFile(file, "utf8"), warnings: [] }, {});
  }

  /** Draws what was chosen; where that cannot be, says why in its place. */
  async #choose(choice: Choice): Promise<void> {
    const kind = this.session.plots.find((k) => k.show === choice.show);
    if (!kind) return;
    const measurement = choice.measurement ?? measurementsOf(this.session.overview)[0]?.path;
    const paths = kind.of === "profile" ? { paths: measurement === undefined ? [] : [measurement] } : {};
    try {
      this.#present(await this.session.execute<Plotted>("plot", { show: kind.show, ...paths }), choice);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#present({ title: "Memory Plots", path: "", warnings: [why] }, choice);
    }
  }

  #present({ title, svg, warnings }: Plotted, choice: Choice): void {
    const panel = (this.#panel ??= this.#open());
    panel.title = title;
    const notes = warnings.map((w) => `<p>${escapeHtml(w)}</p>`).join("");
    const figure = svg === undefined ? "" : `<figure>${inline(svg)}</figure>`;
    panel.webview.html = htmlPage({ title, body: `${chooser(this.session.plots, this.session.overview, choice)}${figure}${notes}`, style, script });
    panel.reveal(undefined, true);
  }

  #open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel(plotType, "Memory Plots", { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true }, { enableScripts: true, localResourceRoots: [] });
    panel.onDidDispose(() => (this.#panel = undefined));
    panel.webview.onDidReceiveMessage(({ open, show, measurement }: Message) => (open === undefined ? this.#choose({ show, measurement }) : this.#report(JSON.parse(open) as string[])));
    return panel;
  }

  /** Opens the report on a measurement, the only one or the one chosen. */
  async #report(all: string[]): Promise<void> {
    const [only] = all;
    const items = all.map((p) => ({ label: path.basename(p), description: path.dirname(p), path: p }));
    const chosen = all.length === 1 ? only : (await vscode.window.showQuickPick(items, { title: "Open which measurement?" }))?.path;
    if (chosen === undefined) return;
    try {
      await this.pages.show("measurement", await reportMarkdown(this.session, chosen));
    } catch (error) {
      void vscode.window.showErrorMessage(`Starlark Memory: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** The choosers: of all pictures, and for one of a profile, of the measurements. */
function chooser(kinds: PlotKind[], overview: Overview, choice: Choice): string {
  const kind = kinds.find((k) => k.show === choice.show) ?? kinds[0];
  if (!kind) return "";
  const pictures = kinds.map((k) => option(k.show, capitalized(k.what), k === kind));
  const parts = [`<label>Show <select name="show">${pictures.join("")}</select></label>`];
  if (kind.of === "profile") {
    const all = measurementsOf(overview).map((m) => option(m.path, m.label, m.path === choice.measurement));
    parts.push(`<label>of <select name="measurement">${all.join("")}</select></label>`);
  }
  return `<form>${parts.join("")}</form>`;
}

function option(value: string, label: string, selected: boolean): string {
  return `<option value="${escapeHtml(value)}"${selected ? " selected" : ""}>${escapeHtml(label)}</option>`;
}

function measurementsOf(overview: Overview): { path: string; label: string }[] {
  return overview.workspaces.flatMap((w) =>
    w.measurements.map((m) => ({ path: m.path, label: [m.path === w.output_base ? "the last build" : path.basename(m.path), m.status?.replaceAll("_", " ")].filter(Boolean).join(", ") })),
  );
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

async function askSeries(): Promise<string[]> {
  const chosen = await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: true, canSelectMany: true, openLabel: "Plot", title: "Series of measurements, or tables of them" });
  if (!chosen || chosen.length === 0) throw new vscode.CancellationError();
  return chosen.map((uri) => uri.fsPath);
}
