// The time from a key to its paint, in a file of 5,000 lines, in two windows of
// the same VS Code on the same machine: one with the extension and its lenses,
// one without any. They take turns, so that whatever else the machine does
// falls on both. Run by editors/test/typing_test.go.

import { until } from "./browser.mjs";
import { setup, Window } from "./window.mjs";

const rounds = 8;
const keysARound = 40;
const pauseMillis = 60; // as a fast typist; the server's analysis falls in between

/** In the page: the milliseconds from each key to the frame that shows it. */
function listen() {
  window.keySamples = [];
  let pressed;
  addEventListener("keydown", () => (pressed = performance.now()), true);
  new MutationObserver(() => {
    if (pressed === undefined) return;
    const from = pressed;
    pressed = undefined;
    requestAnimationFrame(() => {
      const painted = new MessageChannel(); // runs when the frame is through
      painted.port1.onmessage = () => window.keySamples.push(performance.now() - from);
      painted.port2.postMessage(0);
    });
  }).observe(document.querySelector(".editor-instance .view-lines"), { subtree: true, childList: true, characterData: true });
}

async function prepare(name, vsixes) {
  const w = await Window.open({ name, vsixes, settings: { "starlarkMemls.codeLens.minScore": 0, "editor.quickSuggestions": { other: "off" }, "editor.wordBasedSuggestions": "off" } });
  await w.goto(setup.file);
  await w.browser.ask(":60"); // where both lens and comment are on the screen
  await w.page.keyboard.press("Enter");
  await w.browser.line("a comment to type into").waitFor();
  await w.browser.palette("Notifications: Clear All Notifications");
  if (vsixes.length > 0) await until("a lens", async () => (await w.page.locator(".codelens-decoration a").count()) > 0);
  await w.browser.line("a comment to type into").click();
  await w.page.keyboard.press("End");
  await w.page.evaluate(listen);
  return w;
}

async function round(w) {
  const before = await w.page.evaluate(() => window.keySamples.length);
  await w.page.bringToFront();
  for (let i = 0; i < keysARound; i++) {
    await w.page.keyboard.press("x");
    await w.page.waitForTimeout(pauseMillis);
  }
  for (let i = 0; i < keysARound; i++) await w.page.keyboard.press("Backspace");
  await w.page.waitForTimeout(500);
  return (await w.page.evaluate(() => window.keySamples)).slice(before, before + keysARound);
}

const windows = { without: await prepare("-without", []), with: await prepare("-with", [setup.vsix]) };
const samples = { without: [], with: [] };
for (const w of Object.values(windows)) await round(w); // warm
for (let i = 0; i < rounds; i++) {
  for (const name of i % 2 ? ["with", "without"] : ["without", "with"]) samples[name].push(...(await round(windows[name])));
}
const lenses = await windows.with.page.locator(".codelens-decoration a").count();

const quantile = (all, q) => [...all].sort((a, b) => a - b)[Math.floor(q * (all.length - 1))];
const table = {};
for (const [name, all] of Object.entries(samples)) table[name] = { keys: all.length, p50: quantile(all, 0.5), p90: quantile(all, 0.9), p99: quantile(all, 0.99) };
console.log(`key to paint, ms, ${lenses} lenses on the screen:`);
for (const [name, t] of Object.entries(table)) console.log(`  ${name.padEnd(8)} ${t.keys} keys  p50 ${t.p50.toFixed(2)}  p90 ${t.p90.toFixed(2)}  p99 ${t.p99.toFixed(2)}`);
const ratio = table.with.p50 / table.without.p50;
console.log(`  ratio    p50 ${ratio.toFixed(3)}  p90 ${(table.with.p90 / table.without.p90).toFixed(3)}`);
for (const w of Object.values(windows)) await w.close();
process.exit(lenses > 0 && samples.with.length > keysARound && ratio <= 1.1 ? 0 : 1);
