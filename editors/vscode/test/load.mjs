// SPDX-License-Identifier: Apache-2.0

import { fileURLToPath } from "node:url";

import { build } from "esbuild";

/** Loads a part of the extension that needs no VS Code; its path is relative to here. */
export async function load(source) {
  const entry = fileURLToPath(new URL(source, import.meta.url));
  const bundled = await build({ entryPoints: [entry], bundle: true, write: false, format: "esm", platform: "node" });
  return import(`data:text/javascript;base64,${Buffer.from(bundled.outputFiles[0].contents).toString("base64")}`);
}
