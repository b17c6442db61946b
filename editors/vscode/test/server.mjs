// SPDX-License-Identifier: Apache-2.0

// The running server in a real VS Code: its heap while it builds, who holds it
// when it is asked, and what is said when it is dying. Run by
// editors/test/vscode_test.go.

import assert from "node:assert/strict";

import { until } from "./browser.mjs";
import { control, defLine, Window } from "./window.mjs";

const w = await Window.open({ size: { width: 1240, height: 760 } });
const { browser, page } = w;

/** All that the gauge shows until something has ended. */
async function gaugeDuring(work) {
  const shown = new Set();
  let ended = false;
  const done = work.finally(() => (ended = true));
  while (!ended) {
    for (const text of await page.locator(".statusbar-item").allInnerTexts()) shown.add(text.trim());
    await page.waitForTimeout(200);
  }
  await done;
  return [...shown];
}

await w.step("the gauge moves while a build runs, and is quiet after it", async () => {
  await w.goto();
  await w.status(/^\s*Memory\s*$/).waitFor({ timeout: 180_000 });
  // Where the workspace's servers live is known when one has built for the
  // first time; a quick machine is through with that build before.
  await control("first");
  await page.waitForTimeout(5000);
  const shown = await gaugeDuring(control("roomy"));
  const heaps = shown.filter((text) => /^\d+ MiB of 700 MiB$/.test(text));
  assert.ok(heaps.length >= 3, `it showed ${shown.join("; ")}`);
  await until("a gauge at rest", async () => (await page.locator(".statusbar-item", { hasText: / of 700 MiB/ }).count()) === 0);
});

await w.step("asked, the server names who holds its memory, with no crash at all", async () => {
  await browser.palette("Starlark Memory: Show Who Holds the Memory");
  const toast = browser.toast("will stand still for about");
  assert.match(await toast.innerText({ timeout: 60_000 }), /nothing is left on the disk/);
  await browser.answer("will stand still for about", "Ask the Server");
  await browser.toast("As of the living server at").waitFor({ timeout: 120_000 });
  await browser.goToLine(defLine);
  await browser.lens("living server, ").waitFor({ timeout: 60_000 });
  await w.picture("living");
});

await w.step("asked again, it says what has changed", async () => {
  await browser.palette("Notifications: Clear All Notifications");
  await browser.palette("Starlark Memory: Compare With Last");
  await browser.toast("will stand still for about").waitFor({ timeout: 60_000 });
  await browser.answer("will stand still for about", "Ask the Server");
  await browser.webview("h1:has-text('since the last time')", 120_000);
  await browser.palette("Starlark Memory: Clear");
  await browser.palette("Notifications: Clear All Notifications");
  await w.backToSource();
});

// Strings kill within seconds: whether the answer comes before the end is a
// matter of luck on a busy machine, so that either is right.
await w.step("dying, it is said once, and who is asked answers, or is said to have ended", async () => {
  const build = control("slowcrash");
  const toast = browser.toast("will probably run out of memory");
  assert.match(await toast.innerText({ timeout: 300_000 }), /full GCs (the heap was still|made no room) .*will stand still for about/s);
  await w.status(/Bazel is dying, \d+ % full/).waitFor();
  await toast.getByText("Name the Culprit Now", { exact: true }).click();
  await w.picture("dying");
  await browser.toast(/As of the living server at|Who holds Bazel's memory: /).waitFor({ timeout: 120_000 });
  await build;
  assert.equal(await page.locator(".notification-toast", { hasText: "will probably run out of memory" }).count(), 0); // it was answered, and is not said again
});

await w.step("nothing outside was asked, and nothing went wrong inside", () => w.assertClean());
await w.end();
