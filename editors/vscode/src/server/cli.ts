// SPDX-License-Identifier: Apache-2.0

// The server's binary is the command line as well. What is about a file, and
// not about the workspace's state, is asked of it in a run of its own, which
// leaves the running server as it is.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as vscode from "vscode";

import { setting } from "../settings";
import type { Session } from "./session";

const run = promisify(execFile);

/** How much a report may be; and how long one may take: heap dumps are large. */
const maxBytes = 32 << 20;
const patienceMillis = 10 * 60_000;

/** The report on a file, as Markdown. */
export function reportMarkdown(session: Session, file: string, signal?: AbortSignal): Promise<string> {
  return ask(session, ["report", "--format", "markdown", ...inWorkspace(vscode.Uri.file(file)), file], signal);
}

/** The report on files (none: on the workspace's last build) as a page with pictures. */
export function reportPage(session: Session, files: string[], signal?: AbortSignal): Promise<string> {
  const near = files[0] === undefined ? undefined : vscode.Uri.file(files[0]);
  return ask(session, ["report", "--format", "html", ...inWorkspace(near), ...files], signal);
}

/** What differs between two sets of measurements, as Markdown. */
export async function compareMarkdown(session: Session, before: string[], after: string[]): Promise<string> {
  const [a] = before;
  const [b] = after;
  if (a === undefined || b === undefined) throw new vscode.CancellationError();
  return ask(session, ["compare", "--format", "markdown", ...inWorkspace(), a, b]);
}

function inWorkspace(near?: vscode.Uri): string[] {
  const folder = (near && vscode.workspace.getWorkspaceFolder(near)) ?? vscode.workspace.workspaceFolders?.[0];
  return folder ? ["--workspace", folder.uri.fsPath] : [];
}

async function ask(session: Session, args: string[], signal?: AbortSignal): Promise<string> {
  if (!session.binary) throw new Error(session.failure || "the server was not found");
  try {
    const { stdout } = await run(session.binary, args, {
      env: { ...process.env, ...setting<Record<string, string>>("server.env") },
      maxBuffer: maxBytes,
      timeout: patienceMillis,
      ...(signal ? { signal } : {}),
    });
    return stdout;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new Error(said ? said.replace(/^starlark-memls: /, "") : String(error));
  }
}
