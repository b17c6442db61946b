// SPDX-License-Identifier: Apache-2.0

// What VS Code wrote of its extension host, and what extensions wrote into
// their channels. Wanted here: that there is something, and no error.

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

/** What the client library says of a server that a test has killed, and nothing else does. */
const ofKilling = /Server process exited with signal SIGKILL|Processing message queue failed: Error \[ERR_STREAM_WRITE_AFTER_END\]/;

/** The lines with an error in the logs of all extension hosts below a folder. */
export async function extensionErrors(folder, { killed = false } = {}) {
  const files = (await fs.readdir(folder, { recursive: true })).filter((file) => /(^|\/)(remoteexthost\.log|Starlark Memory[^/]*\.log)$/.test(file));
  assert.ok(files.some((file) => file.endsWith("remoteexthost.log")), `no log of an extension host in ${folder}`);
  assert.ok(files.some((file) => file.includes("Starlark Memory")), `no log of the extension in ${folder}`);
  const lines = [];
  for (const file of files) {
    for (const line of (await fs.readFile(path.join(folder, file), "utf8")).split("\n")) {
      if (/\[error\]/i.test(line) && !(killed && file.includes("Starlark Memory") && ofKilling.test(line))) lines.push(`${path.basename(file)}: ${line}`);
    }
  }
  return lines;
}
