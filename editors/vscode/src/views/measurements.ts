// SPDX-License-Identifier: Apache-2.0

// What was read, for each folder of the window, and what older builds left
// that can be loaded.

import * as path from "node:path";

import type { Measurement, Workspace } from "../server/overview";
import { ago, icon, type Node } from "./nodes";

export function measurementNodes(workspaces: readonly Workspace[]): Node[] {
  const several = workspaces.filter(holdsAnything).length > 1;
  return workspaces.filter(holdsAnything).flatMap((workspace) => {
    const children = [
      ...workspace.measurements.map((m) => measurementNode(m, workspace)),
      ...(workspace.older ?? []).map(olderNode),
      ...warningNodes(workspace.warnings),
    ];
    return several ? [{ label: path.basename(workspace.root), icon: icon("root-folder"), expanded: true, children }] : children;
  });
}

function holdsAnything(w: Workspace): boolean {
  return w.measurements.length + (w.older?.length ?? 0) + (w.warnings?.length ?? 0) > 0;
}

function measurementNode(m: Measurement, workspace: Workspace): Node {
  const last = m.path === workspace.output_base;
  return {
    label: last ? "last build" : path.basename(m.path),
    description: [m.status?.replaceAll("_", " "), ago(m.ended)].filter(Boolean).join(" · "),
    tooltip: m.path,
    icon: statusIcon(m),
    context: "measurement",
    argument: { path: m.path },
    children: warningNodes(m.warnings),
  };
}

function statusIcon(m: Measurement) {
  if (m.crashes > 0 || (m.status && m.status !== "ok" && m.status !== "unknown")) return icon("error", "list.errorForeground");
  return m.status === "ok" ? icon("pass", "charts.green") : icon("circle-outline");
}

function olderNode(m: Measurement): Node {
  return {
    label: "an older build",
    description: ["not loaded", ago(m.ended)].filter(Boolean).join(" · "),
    tooltip: `${m.path}\nClick to load it.`,
    icon: icon("history"),
    context: "older",
    argument: { path: m.path },
    command: { command: "starlarkMemls.loadPath", title: "Load", arguments: [m.path] },
  };
}

function warningNodes(warnings: readonly string[] | undefined): Node[] {
  return (warnings ?? []).map((text) => ({ label: text, tooltip: text, icon: icon("warning", "list.warningForeground") }));
}
