// SPDX-License-Identifier: Apache-2.0

// The server's process: the one whose binary lies in this test's own folder.

import * as fs from "node:fs/promises";

/** The process id of the server that the editor runs, or undefined. */
export async function serverPid(below) {
  for (const entry of await fs.readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const binary = await fs.readlink(`/proc/${entry}/exe`).catch(() => "");
    if (binary.startsWith(`${below}/`) && binary.endsWith("/starlark-memls")) return Number(entry);
  }
  return undefined;
}

/** Kills it as the kernel would, and returns its id. */
export async function killServer(below) {
  const pid = await serverPid(below);
  if (pid === undefined) throw new Error("no server is running");
  process.kill(pid, "SIGKILL");
  return pid;
}

/** The most memory that a process has had, in MiB. */
export async function peakMemory(pid) {
  const status = await fs.readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)[1]) / 1024;
}

/** Whether a process is there. */
export async function alive(pid) {
  return fs.access(`/proc/${pid}`).then(() => true, () => false);
}
