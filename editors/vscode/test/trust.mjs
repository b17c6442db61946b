// A workspace whose build has died of memory, opened without trust: the server
// runs, and shows nothing of it. Trusted, it shows all. Run by
// editors/test/vscode_test.go.

import assert from "node:assert/strict";
import * as path from "node:path";

import { Browser } from "./browser.mjs";
import { CodeServer, handsome } from "./codeServer.mjs";
import { serverPid } from "./process.mjs";
import { Steps } from "./steps.mjs";

const setup = JSON.parse(process.env.SETUP);
const code = new CodeServer({
  install: setup.install,
  state: path.join(setup.temporary, "state"),
  env: process.env,
  settings: { ...handsome, "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never", "security.workspace.trust.banner": "never" },
  flags: [],
});
await code.start([setup.vsix]);
const browser = await Browser.open({ install: setup.install, profile: path.join(setup.temporary, "browser") });
const { page } = browser;
const steps = new Steps(browser, setup.failures);
const status = (text) => page.locator(".statusbar-item", { hasText: text }).first();

await steps.run("without trust the server runs, and reads sources only", async () => {
  await browser.goto(code.address(setup.workspace, path.join(setup.workspace, "memory/eat.bzl")));
  await status(/^\s*Memory\s*$/).waitFor({ timeout: 60_000 });
  await status("Restricted Mode").waitFor();
  assert.ok(await serverPid(setup.temporary), "the server is not running");
  await page.waitForTimeout(8000); // what is not to come has no event to wait for
  assert.equal(await page.locator(".codelens-decoration, .squiggly-error, .squiggly-warning, .notification-toast").count(), 0);
  const offered = await browser.offered("Starlark Memory: ");
  for (const title of ["Load Measurements", "Sweep", "Find Memory Limit", "Compare", "Read the Last Build"]) {
    assert.ok(!offered.some((t) => t.includes(title)), `${title} is offered: ${offered.join("; ")}`);
  }
});

await steps.run("trusted, it shows the crash", async () => {
  await browser.palette("Workspaces: Manage Workspace Trust");
  await page.locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust$/ }).first().click();
  await status(/1 crash, \d+ hot/).waitFor({ timeout: 60_000 });
});

await browser.close();
await code.stop();
process.exit(steps.failed);
