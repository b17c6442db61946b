// SPDX-License-Identifier: Apache-2.0

import * as vscode from "vscode";

export const section = "starlarkMemls";

/** The value of starlarkMemls.<key>; the default is package.json's. */
export function setting<T>(key: string): T {
  return vscode.workspace.getConfiguration(section).get<T>(key) as T;
}

/** All settings of the section, as the server wants them on start. */
export function allSettings(): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration(section);
  return JSON.parse(JSON.stringify(configuration)) as Record<string, unknown>;
}
