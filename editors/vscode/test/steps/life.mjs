// SPDX-License-Identifier: Apache-2.0

// What goes on for longer: a server that dies, a sweep, a build that passes.

import assert from "node:assert/strict";

import { until } from "../browser.mjs";
import { killServer, serverPid } from "../process.mjs";
import { control, defLine, setup } from "../window.mjs";

export async function lifeSteps(w) {
  const { browser, page } = w;
  const another = (before) =>
    until("a new server", async () => {
      const now = await serverPid(setup.temporary);
      return now && now !== before;
    });

  await w.step("a server that was killed comes back, and does not tell again", async () => {
    await browser.palette("Notifications: Clear All Notifications");
    await browser.goToLine(defLine);
    await browser.lens("#1 memory suspect").waitFor();
    await another(await killServer(setup.temporary));
    await w.status(/1 crash, \d+ hot/).waitFor();
    await browser.lens("#1 memory suspect").waitFor();
    assert.equal(await page.locator(".notification-toast", { hasText: "ran out of memory" }).count(), 0);
  });

  await w.step("Restart Server restarts it", async () => {
    const before = await serverPid(setup.temporary);
    await browser.palette("Starlark Memory: Restart Server");
    await another(before);
    await w.status(/1 crash, \d+ hot/).waitFor();
    await browser.lens("#1 memory suspect").waitFor();
  });

  const sweep = async (limits, targets) => {
    await browser.palette("Starlark Memory: Sweep Memory Limits");
    const input = page.locator(".quick-input-widget input").first();
    for (const [question, answer] of [["Which memory limits?", limits], ["Which targets", targets]]) {
      await page.locator(".quick-input-title", { hasText: question }).waitFor();
      await input.fill(answer);
      await page.keyboard.press("Enter");
    }
  };

  await w.step("a sweep is started from the palette, tells its progress and is stopped", async () => {
    await sweep("200m,600m", "//cpu/...");
    await w.status(/sweep \d+\/\d+/).waitFor({ timeout: 120_000 });
    await w.status(/Sweeping memory limits/).waitFor({ timeout: 120_000 });
    await w.picture("sweep");
    await browser.palette("Starlark Memory: Stop Sweep");
    await w.status(/1 crash, \d+ hot/).waitFor({ timeout: 180_000 });
  });

  await w.step("a sweep that ends shows its plot and its page", async () => {
    await browser.palette("Notifications: Clear All Notifications");
    await sweep("300m,600m", "//cpu/...");
    const drawn = "figure svg:has-text('memory limit')";
    const plot = await browser.webview(drawn, 300_000);
    assert.ok((await plot.locator("figure [data-measurements]").count()) >= 2, "the marks of the builds are not in the picture");
    await browser.webview("h1:has-text('Memory limit of //cpu/...')", 120_000);
    await browser.webview("body:has(h1) p svg"); // the picture is on the page, too
    assert.ok(await (await browser.webview(drawn)).locator(drawn).first().isVisible(), "the page hides the plot");
    await browser.palette("Notifications: Clear All Notifications");
    await browser.palette("Starlark Memory: Clear"); // what the sweep measured
    await w.backToSource();
  });

  await w.step("a build that passes takes all back", async () => {
    await control("fix");
    await control("build");
    await w.status(/^\s*(Memory|\d+ hot)\s*$/).waitFor({ timeout: 120_000 });
    await until("no squiggle", async () => (await page.locator(".squiggly-error, .squiggly-warning").count()) === 0);
  });
}
