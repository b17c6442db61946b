// SPDX-License-Identifier: Apache-2.0

// A workspace whose build has died of memory, opened without trust: the server
// runs, and shows nothing of it. Trusted, it shows all. Run by
// editors/test/vscode_test.go.

import assert from "node:assert/strict";

import { serverPid } from "./process.mjs";
import { setup, Window } from "./window.mjs";

const w = await Window.open({
  settings: { "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never", "security.workspace.trust.banner": "never" },
  flags: [],
});
const { browser, page } = w;

await w.step("without trust the server runs, and reads sources only", async () => {
  await w.goto();
  await w.status(/^\s*Memory\s*$/).waitFor({ timeout: 180_000 });
  await w.status("Restricted Mode").waitFor();
  assert.ok(await serverPid(setup.temporary), "the server is not running");
  await page.waitForTimeout(8000); // what is not to come has no event to wait for
  assert.equal(await page.locator(".codelens-decoration, .squiggly-error, .squiggly-warning, .notification-toast").count(), 0);
  const offered = await browser.offered("Starlark Memory: ");
  for (const title of ["Load Measurements", "Sweep", "Find Memory Limit", "Compare", "Read the Last Build"]) {
    assert.ok(!offered.some((t) => t.includes(title)), `${title} is offered: ${offered.join("; ")}`);
  }
});

await w.step("trusted, it shows the crash", async () => {
  await browser.palette("Workspaces: Manage Workspace Trust");
  await page.locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust$/ }).first().click();
  await w.status(/1 crash, \d+ hot/).waitFor({ timeout: 180_000 });
});

await w.step("nothing outside was asked, and nothing went wrong inside", () => w.assertClean());
await w.end();
