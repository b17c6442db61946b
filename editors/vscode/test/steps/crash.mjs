// SPDX-License-Identifier: Apache-2.0

// From a build that dies to its evidence on the lines.

import assert from "node:assert/strict";

import { loosely, until } from "../browser.mjs";
import { control, defLine, source } from "../window.mjs";

export async function crashSteps(w) {
  const { browser, page } = w;
  let told; // where it happened, as far as is known: a line number
  const pane = (name) => page.locator(".pane", { has: page.locator(`.pane-header[aria-label^='${name}']`) }).first();

  await w.step("before any build there is nothing to say", async () => {
    await w.goto();
    await w.status(/^\s*Memory\s*$/).waitFor({ timeout: 180_000 });
    assert.equal(await page.locator(".codelens-decoration").count(), 0);
    assert.equal(await page.locator(".notification-toast").count(), 0);
  });

  await w.step("Bazel dies, and a message says where", async () => {
    const toast = browser.toast("Bazel ran out of memory");
    const [text] = await Promise.all([toast.innerText({ timeout: 300_000 }), control("crash")]);
    const match = /`traverse_impl` \(memory\/eat\.bzl:(\d+)\)/.exec(text);
    assert.ok(match, `the message is: ${text}`);
    told = Number(match[1]);
    assert.match(text, /Jump/);
    assert.match(text, /Show Report/);
  });

  await w.step("the status bar counts it, and leads to the view", async () => {
    await w.status(/1 crash, \d+ hot/).click();
    await page.mouse.move(900, 300); // or it stays highlighted
    await pane("Crashes").locator(".monaco-list-row", { hasText: "traverse_impl" }).first().waitFor();
    await pane("Suspects").locator(".monaco-list-row", { hasText: "#1 traverse_impl" }).waitFor();
    await pane("Measurements").locator(".monaco-list-row", { hasText: "out of memory" }).first().waitFor();
  });

  await w.step("the heap dump is read behind it, and its stack takes the place of what was inferred", async () => {
    const rows = pane("Crashes").locator(".monaco-list-row");
    await rows.filter({ hasText: /skyframe-evaluator-\d+.*failed/ }).first().waitFor({ timeout: 120_000 });
    const frame = await rows.filter({ hasText: /traverse_impl.*memory\/eat\.bzl:\d+$/ }).last().textContent();
    told = Number(/eat\.bzl:(\d+)$/.exec(frame)[1]);
  });

  await w.step("the message was told once, and its Jump lands on the line", async () => {
    await until("hints and the rest", () => page.locator(".view-line").count());
    await browser.goToLine(told + 20);
    await browser.goToLine(told);
    await w.picture("crash");
    await browser.goToLine(1);
    assert.equal(await browser.messages("Bazel ran out of memory"), 1);
    await browser.answer("Bazel ran out of memory", "Jump");
    await w.status(new RegExp(`^Ln ${told},`)).waitFor();
  });

  await w.step("a click on a frame of the view lands there too", async () => {
    await browser.goToLine(1);
    const rows = pane("Crashes").locator(".monaco-list-row");
    for (const text of [/skyframe-evaluator-\d+.*failed/, /(joined|own|below).*B/]) await rows.filter({ hasText: text }).first().waitFor();
    await rows.filter({ hasText: new RegExp(`traverse_impl.*memory/eat\\.bzl:${told}$`) }).last().click();
    await w.status(new RegExp(`^Ln ${told},`)).waitFor();
  });

  await w.step("the lens is above traverse_impl", async () => {
    await browser.goToLine(defLine);
    await until("a lens close above the function", async () => {
      const [above, below] = [await browser.lens("#1 memory suspect").boundingBox(), await browser.line("def traverse_impl").boundingBox()];
      if (!above || !below) return false; // it is drawn anew now and then
      const distance = below.y - above.y;
      return distance > 0 && distance < 2.5 * below.height;
    });
  });

  await w.step("the line is underlined, and the problem says in which function and for which target", async () => {
    await browser.goToLine(told);
    await until("the squiggle on the line", async () => {
      const [under, line] = [await page.locator(".squiggly-error").first().boundingBox(), await browser.line(loosely(source[told - 1])).boundingBox()];
      return under && line && Math.abs(under.y - line.y) < line.height;
    });
    await browser.palette("Problems: Focus on Problems View");
    const problem = page.locator(".markers-panel .monaco-list-row", { hasText: "Bazel ran out of memory" }).first();
    await problem.click();
    // This stack has one function of the workspace's; callers would hang below.
    assert.match(await problem.innerText(), new RegExp(`in traverse_impl.*//.*Ln ${told},`, "s"));
    await w.picture("problems");
    await browser.palette("View: Hide Panel");
  });

  await w.step("the crash's line has hints", async () => {
    await browser.goToLine(told);
    await page.locator(".view-line", { hasText: /1.crash.here/ }).first().waitFor();
    await page.locator(".view-line", { hasText: /(joined|own|below|text):.\d.*B.(string|list)/ }).first().waitFor();
  });

  await w.step("a hover tells the evidence", async () => {
    await browser.goToLine(defLine);
    const hover = page.locator(".monaco-hover", { hasText: "suspect no. 1" }).first();
    await until("the hover", async () => {
      const box = await page.locator(".view-line", { hasText: "def traverse_impl" }).locator("span", { hasText: /^\s*traverse_impl/ }).last().boundingBox();
      if (!box) return false;
      await page.mouse.move(box.x + 120, box.y + 8 * box.height);
      await page.mouse.move(box.x + 30, box.y + box.height / 2, { steps: 6 });
      return hover.waitFor({ timeout: 5_000 }).then(() => true, () => false);
    });
    await page.waitForTimeout(500); // for the picture
    await w.picture("hover");
    await page.mouse.move(900, 740);
    await page.keyboard.press("Escape");
  });
}
