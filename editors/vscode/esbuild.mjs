// SPDX-License-Identifier: Apache-2.0

// Bundles the extension for the desktop and remotes (dist/extension.js), and
// for the web, where it only says that it cannot (dist/web.js).
import { build } from "esbuild";

const common = { bundle: true, minify: true, external: ["vscode"], format: "cjs", legalComments: "none", logLevel: "warning" };
await build({ ...common, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", platform: "node", target: "node20" });
await build({ ...common, entryPoints: ["src/web.ts"], outfile: "dist/web.js", platform: "browser", target: "es2022" });
