// The extension in a real VS Code, by what is on the page. Run by
// editors/test/vscode_test.go, which says in $SETUP where everything is and
// answers to POST /crash, /fix and /build.

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { Browser } from "./browser.mjs";
import { CodeServer, handsome } from "./codeServer.mjs";
import { killServer, serverPid } from "./process.mjs";
import { Steps } from "./steps.mjs";

const setup = JSON.parse(process.env.SETUP);
const eater = path.join(setup.workspace, "memory/eat.bzl");
const source = (await fs.readFile(eater, "utf8")).split("\n");
const defLine = source.findIndex((line) => line.startsWith("def traverse_impl")) + 1;

const code = new CodeServer({
  install: setup.install,
  state: path.join(setup.temporary, "state"),
  env: process.env,
  settings: { ...handsome, "workbench.editorAssociations": { "*profile.gz": "starlarkMemls.evidence" } },
});
await code.start([setup.vsix]);
const browser = await Browser.open({ install: setup.install, profile: path.join(setup.temporary, "browser"), scale: setup.pictures ? 2 : 1, width: 1240, height: 760 });
const { page } = browser;
// VS Code without its own compiled logger says so; scripts/editors compiles nothing.
const harmless = /Could not locate the bindings file/;
const errors = [];
page.on("console", (message) => {
  if (message.type() === "error" && /starlark-memls|starlarkMemls|Extension Host/i.test(message.text()) && !harmless.test(message.text())) errors.push(message.text().slice(0, 300));
});

const steps = new Steps(browser, setup.failures);
const picture = async (name) => setup.pictures && (await browser.picture(path.join(setup.pictures, `vscode-${name}.png`)));
const control = async (what) => {
  const answer = await fetch(`${setup.control}/${what}`, { method: "POST" });
  assert.ok(answer.ok, `${what} failed`);
};
const status = (text) => page.locator(".statusbar-item", { hasText: text }).first();

/** A line of the source as the page has it: other spaces, and hints within. */
const loosely = (text) => new RegExp(text.trim().split(/\W+/).filter(Boolean).slice(0, 3).join(".*"));

let told; // where the message says that it happened: a line number

await steps.run("before any build there is nothing to say", async () => {
  await browser.goto(code.address(setup.workspace, eater));
  await status(/^\s*Memory\s*$/).waitFor({ timeout: 60_000 });
  assert.equal(await page.locator(".codelens-decoration").count(), 0);
  assert.equal(await page.locator(".notification-toast").count(), 0);
});

await steps.run("Bazel dies, and a message says where", async () => {
  await control("crash");
  const toast = browser.toast("Bazel ran out of memory");
  await toast.waitFor({ timeout: 60_000 });
  const text = await toast.innerText();
  const match = /`traverse_impl` \(memory\/eat\.bzl:(\d+)\)/.exec(text);
  assert.ok(match, `the message is: ${text}`);
  told = Number(match[1]);
  assert.equal(await page.locator(".notification-toast", { hasText: "Bazel ran out of memory" }).count(), 1);
  assert.match(text, /Jump/);
  assert.match(text, /Show Report/);
});

await steps.run("the status bar counts it", () => status(/1 crash, \d+ hot/).waitFor({ timeout: 15_000 }));

await steps.run("the view has it", async () => {
  await page.locator(".activitybar .action-label[aria-label*='Starlark Memory']").first().click({ force: true });
  const pane = (name) => page.locator(".pane", { has: page.locator(`.pane-header[aria-label^='${name}']`) }).first();
  await pane("Crashes").locator(".monaco-list-row", { hasText: "traverse_impl" }).first().waitFor({ timeout: 15_000 });
  await pane("Suspects").locator(".monaco-list-row", { hasText: "#1 traverse_impl" }).waitFor();
  await pane("Measurements").locator(".monaco-list-row", { hasText: "out of memory" }).first().waitFor();
});

await steps.run("Jump lands on the line", async () => {
  await page.waitForTimeout(600);
  await browser.goToLine(66);
  await picture("crash");
  await browser.toast("Bazel ran out of memory").getByText("Jump", { exact: true }).click();
  await status(new RegExp(`^Ln ${told},`)).waitFor({ timeout: 15_000 });
});

await steps.run("the lens is above traverse_impl", async () => {
  const lens = browser.lens("#1 memory suspect");
  let above, below; // it is drawn anew now and then
  for (const deadline = Date.now() + 20_000; !(above && below) && Date.now() < deadline; ) {
    await lens.waitFor({ timeout: 15_000 });
    [above, below] = [await lens.boundingBox(), await browser.line("def traverse_impl").boundingBox()];
  }
  const distance = below.y - above.y;
  assert.ok(distance > 0 && distance < 2.5 * below.height, `the lens is ${distance}px above the function`);
});

await steps.run("the line is underlined, with the stack in the problem", async () => {
  const squiggle = page.locator(".squiggly-error, .squiggly-warning").first();
  await squiggle.waitFor({ timeout: 15_000 });
  const [under, line] = [await squiggle.boundingBox(), await browser.line(loosely(source[told - 1])).boundingBox()];
  assert.ok(Math.abs(under.y - line.y) < line.height, `the squiggle is at ${under.y}, the line at ${line.y}`);
  await page.keyboard.press("Control+Shift+M");
  await page.locator(".markers-panel", { hasText: "traverse_impl" }).waitFor({ timeout: 15_000 });
  await picture("problems");
  await page.keyboard.press("Control+Shift+M");
});

await steps.run("the crash's line has hints, and the view its stack", async () => {
  await browser.goToLine(told);
  await page.locator(".view-line", { hasText: /1.crash.here/ }).first().waitFor({ timeout: 15_000 });
  const rows = page.locator(".pane", { has: page.locator(".pane-header[aria-label^='Crashes']") }).first().locator(".monaco-list-row");
  for (const text of [/skyframe-evaluator-\d+.*failed/, /traverse_impl.*memory\/eat\.bzl/, /joined.*MiB/]) await rows.filter({ hasText: text }).first().waitFor({ timeout: 15_000 });
});

await steps.run("a hover tells the evidence", async () => {
  await browser.goToLine(defLine);
  const box = await page.locator(".view-line", { hasText: "def traverse_impl" }).locator("span", { hasText: /^\s*traverse_impl/ }).last().boundingBox();
  await page.mouse.move(box.x + 30, box.y + box.height / 2, { steps: 6 });
  const hover = page.locator(".monaco-hover", { hasText: "suspect no. 1" }).first();
  await hover.waitFor({ timeout: 15_000 });
  await page.waitForTimeout(500);
  await picture("hover");
  await page.mouse.move(900, 740);
  await page.keyboard.press("Escape");
});

await steps.run("a click on the lens opens the evidence", async () => {
  await page.waitForTimeout(800);
  await browser.lens("#1 memory suspect").click();
  const frame = await browser.webview("h1:has-text('traverse_impl')");
  assert.match(await frame.locator("body").innerText(), /memory\/eat\.bzl/);
  await page.waitForTimeout(500);
  await picture("evidence");
  await page.keyboard.press("Control+F4").catch(() => {});
});

await steps.run("Show Crash Report opens the report", async () => {
  await browser.palette("Starlark Memory: Show Crash Report");
  const frame = await browser.webview("h1:has-text('Crash')");
  assert.match(await frame.locator("body").innerText(), /traverse_impl/);
  await page.waitForTimeout(500);
  await picture("report");
});

await steps.run("the palette offers what makes sense", async () => {
  const offered = (await browser.offered("Starlark Memory: ")).map((t) => t.replace("Starlark Memory: ", ""));
  for (const title of ["Jump to Offending Rule", "Show Crash Report", "Show Evidence", "Load Measurements…", "Clear", "Restart Server", "Show Output"]) {
    assert.ok(offered.includes(title), `${title} is not offered: ${offered.join("; ")}`);
  }
  assert.ok(!offered.includes("Load"), "what is for menus is in the palette");
});

await steps.run("a profile opens as a report", async () => {
  // In the same window: each load of the page would start an extension host of
  // its own beside the last.
  await browser.palette("File: Open File");
  await browser.choose(path.join(setup.outputBase, "command.profile.gz"));
  const frame = await browser.webview("button#load", 60_000);
  assert.match(await frame.locator("body").innerText(), /traverse_impl/);
  await browser.quickOpen("memory/eat.bzl");
  await browser.line("def traverse_impl").waitFor({ timeout: 30_000 });
});

await steps.run("a server that was killed comes back", async () => {
  await browser.goToLine(defLine);
  await browser.lens("#1 memory suspect").waitFor({ timeout: 30_000 });
  const before = await killServer(setup.temporary);
  for (const deadline = Date.now() + 30_000; ; await page.waitForTimeout(200)) {
    const now = await serverPid(setup.temporary);
    if (now && now !== before) break;
    assert.ok(Date.now() < deadline, "no new server after 30 s");
  }
  await status(/1 crash, \d+ hot/).waitFor({ timeout: 30_000 });
  await browser.lens("#1 memory suspect").waitFor({ timeout: 30_000 });
});

await steps.run("Restart Server restarts it", async () => {
  const before = await serverPid(setup.temporary);
  await browser.palette("Starlark Memory: Restart Server");
  for (const deadline = Date.now() + 30_000; ; await page.waitForTimeout(200)) {
    const now = await serverPid(setup.temporary);
    if (now && now !== before) break;
    assert.ok(Date.now() < deadline, "no new server after 30 s");
  }
  await browser.lens("#1 memory suspect").waitFor({ timeout: 30_000 });
});

await steps.run("a sweep is started from the palette, tells its progress and is stopped", async () => {
  await browser.palette("Starlark Memory: Sweep Memory Limits");
  const input = page.locator(".quick-input-widget input").first();
  await page.locator(".quick-input-title", { hasText: "Which memory limits?" }).waitFor({ timeout: 15_000 });
  await input.fill("200m,600m");
  await page.keyboard.press("Enter");
  await page.locator(".quick-input-title", { hasText: "Which targets" }).waitFor({ timeout: 15_000 });
  await input.fill("//cpu/...");
  await page.keyboard.press("Enter");
  await status(/sweep \d+\/\d+/).waitFor({ timeout: 60_000 });
  await page.waitForTimeout(3000);
  await picture("sweep");
  await browser.palette("Starlark Memory: Stop Sweep");
  await status(/1 crash, \d+ hot/).waitFor({ timeout: 90_000 });
});

await steps.run("a series is loaded, and the plot panel draws it", async () => {
  await browser.palette("Starlark Memory: Load Measurements");
  await browser.choose(`${setup.series}/`);
  await status(/1[0-9]? crash|[2-9] crashes/).waitFor({ timeout: 60_000 });
  await browser.palette("Starlark Memory: Show Plot");
  const frame = await browser.webview("figure svg", 60_000);
  const box = await frame.locator("figure svg").first().boundingBox();
  assert.ok(box.width > 200 && box.height > 100, `the picture is ${box.width} by ${box.height}`);
  assert.match(await frame.locator("figure svg").first().textContent(), /MiB|MB|memory/i);
  await browser.palette("Notifications: Clear All Notifications");
  await page.keyboard.press("Control+B");
  await page.waitForTimeout(800);
  await picture("plot");
  await page.keyboard.press("Control+B");
  await browser.palette("Starlark Memory: Clear");
  await status(/^\s*Memory\s*$/).waitFor({ timeout: 30_000 });
  await browser.palette("Starlark Memory: Read the Last Build Again");
  await status(/1 crash, \d+ hot/).waitFor({ timeout: 30_000 });
});

await steps.run("a build that passes takes all back", async () => {
  await control("fix");
  await control("build");
  await status(/^\s*(Memory|\d+ hot)\s*$/).waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => document.querySelectorAll(".squiggly-error, .squiggly-warning").length === 0, undefined, { timeout: 30_000 });
});

await steps.run("nothing outside was asked, and nothing went wrong inside", async () => {
  assert.equal([...browser.outside].join(" "), "");
  assert.equal(errors.join("\n"), "");
  assert.doesNotMatch(code.output, /starlark-memls.*(error|exception)/i);
});

await browser.close();
await code.stop();
process.exit(steps.failed);
