// SPDX-License-Identifier: Apache-2.0

// The context keys by which package.json shows commands only where they make
// sense.

import * as vscode from "vscode";

import type { Session } from "./server/session";

export function followContext(session: Session): vscode.Disposable {
  const known = new Map<string, unknown>();
  const set = (key: string, value: unknown) => {
    if (known.get(key) === value) return;
    known.set(key, value);
    void vscode.commands.executeCommand("setContext", `starlarkMemls.${key}`, value);
  };
  const update = () => {
    const { overview, phase } = session;
    const running = phase === "running";
    set("running", running);
    set("failed", phase === "failed");
    set("hasCrash", overview.crashes.length > 0);
    set("hasSuspect", overview.suspects.length > 0);
    set("hasMeasurement", overview.workspaces.some((w) => w.measurements.length > 0));
    set("canSweep", running && session.has("sweep"));
    set("canFindLimit", running && session.has("findLimit"));
    set("canStopSweep", running && session.has("stopSweep") && overview.sweep?.state === "running");
    set("canAsk", running && session.has("live"));
    set("canPlot", running && session.has("plot"));
  };
  update();
  return session.onDidChange(update);
}
