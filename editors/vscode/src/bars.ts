// SPDX-License-Identifier: Apache-2.0

// Bars behind lines, for those who want their code not to move: a suspect's
// line by its score, a line of a crash's stack in full, other lines by the
// share of bytes that they allocate. Off unless starlarkMemls.bars.enable.
//
// A bar is an empty attachment, as wide as its weight, laid behind the text.

import * as vscode from "vscode";

import { bytesText, type Overview } from "./server/overview";
import { setting } from "./settings";
import type { Session } from "./server/session";

/** The width of a full bar, in characters. */
const full = 60;

interface Bar {
  line: number;
  /** 0 to 1. */
  weight: number;
  crash: boolean;
  hover: string;
}

export function createBars(session: Session): vscode.Disposable {
  const type = vscode.window.createTextEditorDecorationType({ isWholeLine: true });
  const draw = () => {
    const on = setting<boolean>("bars.enable");
    for (const editor of vscode.window.visibleTextEditors) {
      const bars = on ? barsOf(session.overview, editor.document.uri.toString()) : [];
      editor.setDecorations(type, bars.filter((b) => b.line < editor.document.lineCount).map(decoration));
    }
  };
  draw();
  return vscode.Disposable.from(
    type,
    session.onDidChange(draw),
    vscode.window.onDidChangeVisibleTextEditors(draw),
    vscode.workspace.onDidChangeConfiguration((e) => e.affectsConfiguration("starlarkMemls.bars") && draw()),
  );
}

/** The bars of one document; a line has one, its heaviest. */
export function barsOf(overview: Overview, uri: string): Bar[] {
  const byLine = new Map<number, Bar>();
  const add = (bar: Bar) => {
    const other = byLine.get(bar.line);
    if (!other || bar.weight > other.weight) byLine.set(bar.line, bar);
  };
  const here = (other: string) => vscode.Uri.parse(other).toString() === uri;
  const lines = overview.suspects.flatMap((s) => s.lines ?? []);
  const most = Math.max(1, ...lines.map((l) => l.allocated_bytes ?? 0));
  for (const suspect of overview.suspects) {
    for (const place of suspect.places.filter((p) => here(p.uri))) {
      add({ line: place.line - 1, weight: suspect.score, crash: false, hover: suspect.title });
    }
  }
  for (const l of lines.filter((l) => here(l.uri) && l.allocated_bytes)) {
    add({ line: l.line - 1, weight: (l.allocated_bytes ?? 0) / most, crash: false, hover: `${bytesText(l.allocated_bytes ?? 0)} allocated` });
  }
  for (const crash of overview.crashes.filter((c) => !c.older)) {
    for (const place of crash.places.filter((p) => here(p.uri))) {
      add({ line: place.line - 1, weight: 1, crash: true, hover: `${crash.message}: ${place.message}` });
    }
  }
  return [...byLine.values()];
}

function decoration(bar: Bar): vscode.DecorationOptions {
  const color = bar.crash ? "rgba(255, 70, 60, 0.28)" : `rgba(255, 150, 30, ${(0.12 + 0.2 * bar.weight).toFixed(2)})`;
  return {
    range: new vscode.Range(bar.line, 0, bar.line, 0),
    hoverMessage: bar.hover,
    renderOptions: {
      before: {
        contentText: "",
        width: `${Math.max(1, Math.round(full * bar.weight))}ch`,
        height: "100%",
        backgroundColor: color,
        // The only way to style an attachment freely: what follows the semicolon.
        textDecoration: "none; position: absolute; left: 0; top: 0; z-index: -1; border-radius: 2px; pointer-events: none",
      },
    },
  };
}
