// SPDX-License-Identifier: Apache-2.0

// The pages: evidence, reports, a profile as a document, plots.

import assert from "node:assert/strict";
import * as path from "node:path";

import { setup } from "../window.mjs";

export async function pageSteps(w) {
  const { browser, page } = w;
  const shows = async (heading, name) => {
    const frame = await browser.webview(`h1:has-text('${heading}')`);
    await page.waitForTimeout(500); // for the picture
    if (name) await w.picture(name);
    return frame.locator("body").innerText();
  };

  await w.step("a click on the lens opens the evidence", async () => {
    await browser.lens("#1 memory suspect").click();
    assert.match(await shows("traverse_impl", "evidence"), /memory\/eat\.bzl/);
    await browser.palette("View: Close Editor");
  });

  await w.step("from the evidence to the pictures, and from a bar to its line", async () => {
    await browser.lens("#1 memory suspect").click();
    const evidence = await browser.webview("h1:has-text('traverse_impl')");
    await evidence.locator("a[data-find]").click();
    const frame = await browser.webview("[role=tree] canvas", 120_000);
    await frame.locator("input[type=search]").first().waitFor();
    await frame.waitForFunction(() => document.querySelector("input[type=search]").value === "traverse_impl");
    assert.match(await frame.locator(".tools [role=status]").first().innerText(), /found/);
    if (setup.pictures) {
      await page.waitForTimeout(800);
      await w.picture("pictures");
    }
    const tree = frame.locator("[role=tree]").first();
    await tree.focus();
    await tree.press("ArrowDown");
    const line = /:(\d+)$/m.exec(await frame.locator(".told").first().innerText())?.[1];
    assert.ok(line, "the first bar has no line");
    await tree.press("o");
    await page.locator(".statusbar-item", { hasText: new RegExp(`^Ln ${line},`) }).first().waitFor({ timeout: 60_000 });
    await browser.palette("View: Close All Editors");
    await browser.quickOpen("memory/eat.bzl");
    await browser.line("def traverse_impl").waitFor();
  });

  await w.step("Show Crash Report opens the report", async () => {
    await browser.palette("Starlark Memory: Show Crash Report");
    assert.match(await shows("Crash"), /traverse_impl/);
    await browser.palette("View: Close Editor");
  });

  await w.step("the palette offers what makes sense", async () => {
    // The list draws no more rows than fit: what is asked for one by one is among them.
    const offered = async (text) => (await browser.offered(`Starlark Memory: ${text}`)).map((t) => t.replace("Starlark Memory: ", ""));
    for (const title of ["Jump to Offending Rule", "Show Crash Report", "Show Evidence", "Show Pictures", "Load Measurements…", "Clear", "Restart Server", "Show Output"]) {
      const found = await offered(title);
      assert.ok(found.includes(title), `${title} is not offered: ${found.join("; ")}`);
    }
    assert.ok(!(await offered("Load")).includes("Load"), "what is for menus is in the palette");
    await browser.ask(">Starlark Memory: Stop Sweep");
    await page.waitForTimeout(1000); // for what is not to come
    const stop = page.locator(".quick-input-list .monaco-list-row .label-name", { hasText: "Starlark Memory: Stop Sweep" });
    assert.equal(await stop.count(), 0, "there is no sweep to stop");
    await page.keyboard.press("Escape");
  });

  await w.step("a profile opens as a report", async () => {
    // In the same window: each load of the page would start an extension host of
    // its own beside the last.
    await browser.palette("File: Open File");
    await browser.choose(path.join(setup.outputBase, "command.profile.gz"));
    const frame = await browser.webview("button#load", 120_000);
    assert.match(await frame.locator("body").innerText(), /traverse_impl/);
    await browser.palette("View: Close Editor");
    await browser.quickOpen("memory/eat.bzl");
    await browser.line("def traverse_impl").waitFor();
  });

  await w.step("a series is loaded, and the plot panel draws it", async () => {
    await browser.palette("Starlark Memory: Load Measurements");
    await browser.choose(`${setup.series}/`);
    await w.status(/1[0-9]? crash|[2-9] crashes/).waitFor();
    await browser.palette("Starlark Memory: Show Plot");
    const picture = (await browser.webview("figure svg")).locator("figure svg").first();
    const box = await picture.boundingBox();
    assert.ok(box.width > 200 && box.height > 100, `the picture is ${box.width} by ${box.height}`);
    assert.match(await picture.textContent(), /memory limit/i);
    await browser.palette("Notifications: Clear All Notifications");
    if (setup.pictures) {
      await browser.palette("View: Toggle Primary Side Bar Visibility");
      await page.waitForTimeout(800);
      await w.picture("plot");
      await browser.palette("View: Toggle Primary Side Bar Visibility");
    }
  });

  await w.step("a click on a mark of the plot opens a measurement of it", async () => {
    await (await browser.webview("figure svg")).locator("[data-measurements]").first().click();
    await page.locator(".quick-input-title", { hasText: "Open which measurement?" }).waitFor(); // it stands for several
    const row = page.locator(".quick-input-list .monaco-list-row", { hasText: /^\d+m-\d/ }).first();
    const name = await row.locator(".label-name").first().innerText();
    await row.click();
    const report = await browser.webview(`body:has-text('${name}'):has(h1):not(:has(select))`, 120_000);
    assert.match(await report.locator("body").innerText(), /traverse_impl/);
  });

  await w.step("the panel offers every picture there is, and says why where one cannot be", async () => {
    const choose = async (picture) => (await browser.webview("select[name=show]")).locator("select[name=show]").selectOption(picture);
    const first = await browser.webview("select[name=show]");
    assert.deepEqual(await first.locator("select[name=show] option").evaluateAll((all) => all.map((o) => o.value)), setup.plots);
    await choose("gc-difference");
    const gaps = await browser.webview("figure svg:has-text('time between')");
    const builds = await gaps.locator("select[name=measurement] option").allInnerTexts();
    assert.ok(builds.length > 2 && builds.some((b) => b.startsWith("the last build")), `of these builds: ${builds.join("; ")}`);
    await choose("heap"); // Bazel 4.2 does not count it
    await browser.webview("body:has(option[value=heap][selected]) p:has-text('no counter of the heap')");
    await choose("suspects");
    await browser.webview("figure svg:has([aria-label*=traverse_impl])");
  });

  await w.step("what was loaded is let go", async () => {
    await w.backToSource();
    await browser.palette("Starlark Memory: Clear");
    await w.status(/^\s*Memory\s*$/).waitFor();
    await browser.palette("Starlark Memory: Read the Last Build Again");
    await w.status(/1 crash, \d+ hot/).waitFor();
  });
}
