// SPDX-License-Identifier: Apache-2.0

// The extension in a real VS Code, by what is on the page, from a build that
// dies to one that passes. Run by editors/test/vscode_test.go.

import { crashSteps } from "./steps/crash.mjs";
import { lifeSteps } from "./steps/life.mjs";
import { pageSteps } from "./steps/pages.mjs";
import { Window } from "./window.mjs";

// A short sweep; nothing of what is seen before it depends on these.
const sweeps = { "starlarkMemls.sweep.runs": 1, "starlarkMemls.sweep.warmup": 0 };
const w = await Window.open({ settings: { "workbench.editorAssociations": { "*profile.gz": "starlarkMemls.evidence" }, ...sweeps }, size: { width: 1240, height: 760 } });
await crashSteps(w);
await pageSteps(w);
await lifeSteps(w);
await w.step("nothing outside was asked, and nothing went wrong inside", () => w.assertClean({ killed: true }));
await w.end();
