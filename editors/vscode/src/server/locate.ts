// SPDX-License-Identifier: Apache-2.0

// Which binary is the server. In this order: what the user set, the one in
// this extension's package, the first in PATH.
//
// A setting that leads nowhere is an error, not a reason to try the next: the
// user meant that one. Entries of PATH that are relative are passed over, since
// they would let the opened folder choose what is run.

import * as fs from "node:fs/promises";
import { constants } from "node:fs";
import * as path from "node:path";

export const program = "starlark-memls";

export interface Surroundings {
  /** The setting starlarkMemls.server.path; empty if not set. */
  setting: string;
  /** The first workspace folder, for `${workspaceFolder}`; may be undefined. */
  folder: string | undefined;
  /** The user's home directory, for `~`. */
  home: string;
  /** Where this extension is installed. */
  extension: string;
  /** The variable PATH. */
  path: string;
  platform: NodeJS.Platform;
}

export interface Located {
  command: string;
  from: "setting" | "bundled" | "PATH";
}

/** No server is where one could be; the message says what to do. */
export class NotFound extends Error {
  override readonly name = "NotFound";
}

/** Finds the server's binary, or throws NotFound. */
export async function locate(s: Surroundings): Promise<Located> {
  if (s.setting.trim() !== "") {
    const command = expand(s.setting.trim(), s);
    if (path.isAbsolute(command)) {
      if (await executable(command)) return { command, from: "setting" };
    } else if (!/[\\/]/.test(command)) {
      const found = await inPath(command, s);
      if (found) return { command: found, from: "setting" };
    }
    throw new NotFound(`starlarkMemls.server.path is ${s.setting}, and there is no program there.`);
  }
  const bundled = path.join(s.extension, "bin", fileName(program, s.platform));
  if (await executable(bundled)) return { command: bundled, from: "bundled" };
  const found = await inPath(program, s);
  if (found) return { command: found, from: "PATH" };
  throw new NotFound(`This package of the extension has no ${program} for ${s.platform}, and none is in PATH.`);
}

function expand(value: string, s: Surroundings): string {
  let expanded = value;
  if (s.folder !== undefined) {
    expanded = expanded.replaceAll("${workspaceFolder}", s.folder);
  }
  if (expanded === "~" || expanded.startsWith("~/") || expanded.startsWith("~\\")) {
    expanded = path.join(s.home, expanded.slice(1));
  }
  return expanded;
}

function fileName(name: string, platform: NodeJS.Platform): string {
  return platform === "win32" && !/\.exe$/i.test(name) ? `${name}.exe` : name;
}

async function inPath(name: string, s: Surroundings): Promise<string | undefined> {
  for (const directory of s.path.split(path.delimiter)) {
    if (!path.isAbsolute(directory)) continue;
    const candidate = path.join(directory, fileName(name, s.platform));
    if (await executable(candidate)) return candidate;
  }
  return undefined;
}

async function executable(file: string): Promise<boolean> {
  try {
    await fs.access(file, constants.X_OK);
    return (await fs.stat(file)).isFile();
  } catch {
    return false;
  }
}
