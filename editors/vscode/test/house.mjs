// SPDX-License-Identifier: Apache-2.0

// A workspace with everything at once that a repository can hold to do harm
// (internal/hostile), without trust and with it: nothing false is told, the
// server's memory stays, and it ends with the window. Run by
// editors/test/house_test.go.

import assert from "node:assert/strict";

import { alive, peakMemory, serverPid } from "./process.mjs";
import { setup, Window } from "./window.mjs";

const w = await Window.open({
  settings: { "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never", "security.workspace.trust.banner": "never" },
  flags: [],
});
const { browser, page } = w;

const marks = page.locator(".codelens-decoration, .squiggly-error, .squiggly-warning");
const toasts = page.locator(".notification-toast");

async function nothingIsTold() {
  await w.status(/^\s*Memory\s*$/).waitFor({ timeout: 180_000 });
  await page.waitForTimeout(8000); // what is not to come has no event to wait for
  assert.equal((await marks.allInnerTexts()).join(" | "), "", "marks in a source");
  assert.equal((await toasts.allInnerTexts()).join(" | "), "", "messages");
  const status = (await page.locator(".statusbar").innerText()).replace(/\s+/g, " ");
  assert.doesNotMatch(status, /crash|hot/i);
}

async function memoryStays() {
  const pid = await serverPid(setup.temporary);
  assert.ok(pid, "the server is not running");
  const peak = await peakMemory(pid);
  assert.ok(peak < setup.mostMemory, `the server took ${peak.toFixed(0)} MiB`);
  return pid;
}

await w.step("without trust nothing is told", async () => {
  await w.goto();
  await w.status("Restricted Mode").waitFor({ timeout: 180_000 });
  await nothingIsTold();
  await memoryStays();
});

await w.step("trusted, nothing is told either", async () => {
  await browser.palette("Workspaces: Manage Workspace Trust");
  await page.locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust$/ }).first().click();
  await w.status("Restricted Mode").waitFor({ state: "detached" });
  await nothingIsTold();
});

await w.step("nothing went wrong inside", () => w.assertClean());

let pid;
await w.step("other sources of it are opened, each in a new window, and its memory stays", async () => {
  for (const file of setup.others) {
    await w.goto(file);
    await nothingIsTold();
    pid = await memoryStays();
  }
});

await w.step("the server ends with the window", async () => {
  await w.close();
  const since = Date.now();
  while (await alive(pid)) {
    assert.ok(Date.now() - since < 10_000, "it is still there");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});
process.exit(w.steps.failed);
