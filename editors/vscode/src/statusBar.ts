// SPDX-License-Identifier: Apache-2.0

// One item: what is known in a few words, what is under way while something
// is, and a click that leads to where it can be seen.

import * as vscode from "vscode";

import type { Sweep } from "./server/overview";
import type { Session } from "./server/session";

export function createStatusBar(session: Session): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("starlarkMemls.status", vscode.StatusBarAlignment.Left, 0);
  item.name = "Starlark Memory";
  const update = () => {
    const look = appearance(session);
    item.text = look.text;
    item.tooltip = look.tooltip;
    item.command = look.command ?? "starlarkMemls.crashes.focus";
    item.backgroundColor = look.background ? new vscode.ThemeColor(look.background) : undefined;
    item.show();
  };
  update();
  return vscode.Disposable.from(item, session.onDidChange(update));
}

interface Appearance {
  text: string;
  tooltip: string;
  command?: string;
  background?: string;
}

function appearance(session: Session): Appearance {
  switch (session.phase) {
    case "starting":
      return { text: "$(loading~spin) Memory", tooltip: "Starlark Memory: the server is starting" };
    case "failed":
      return {
        text: "$(error) Memory",
        tooltip: `Starlark Memory: ${session.failure}`,
        command: "starlarkMemls.restart",
        background: "statusBarItem.errorBackground",
      };
    case "stopped":
      return { text: "$(circle-slash) Memory", tooltip: "Starlark Memory: the server is not running. Click to start it.", command: "starlarkMemls.restart" };
    case "running":
      return running(session);
  }
}

function running(session: Session): Appearance {
  const { sweep } = session.overview;
  if (sweep?.state === "running") return sweeping(sweep);
  const busy = session.progress[0];
  if (busy) {
    const much = busy.percentage === undefined ? "" : ` ${Math.round(busy.percentage)} %`;
    return { text: `$(sync~spin) ${busy.title}${much}`, tooltip: [busy.title, busy.message].filter(Boolean).join("\n") };
  }
  const crashes = session.overview.crashes.filter((c) => !c.older).length;
  const hot = session.overview.suspects.length;
  if (crashes === 0 && hot === 0) {
    return { text: "$(pulse) Memory", tooltip: "Starlark Memory: nothing stands out. Click for what was read." };
  }
  const parts = [crashes > 0 && count(crashes, "crash", "crashes"), hot > 0 && `${hot} hot`].filter(Boolean);
  const worst = session.overview.suspects[0];
  return {
    text: `$(${crashes > 0 ? "flame" : "pulse"}) ${parts.join(", ")}`,
    tooltip: ["Starlark Memory", session.overview.crashes[0]?.message, worst && `${worst.name}: ${worst.title}`].filter(Boolean).join("\n"),
    ...(crashes > 0 ? { background: "statusBarItem.warningBackground" } : {}),
  };
}

function sweeping(sweep: Sweep): Appearance {
  const left = sweep.left_micros === undefined ? "" : `about ${Math.max(1, Math.round(sweep.left_micros / 60e6))} min left`;
  return {
    text: `$(sync~spin) sweep ${sweep.done}/${sweep.of}`,
    tooltip: ["Starlark Memory: measuring on an output base of its own", sweep.building && `building ${sweep.building}`, left, sweep.out].filter(Boolean).join("\n"),
  };
}

function count(n: number, one: string, many: string): string {
  return n === 1 ? `1 ${one}` : `${n} ${many}`;
}
