// SPDX-License-Identifier: Apache-2.0

// The time from a key to the frame that shows it, in a file of 5,000 lines, in
// three windows of the same VS Code on the same machine:
//
//   without  the language and its grammar alone, as any Bazel extension has them
//   lenses   the same, with fixed lenses of an extension that has no server
//   with     the extension
//
// So what lenses cost in VS Code, whoever draws them, is told apart from what
// this extension adds. The windows take turns, so that whatever else the machine
// does falls on all. Run by editors/test/typing_test.go.

import { until } from "./browser.mjs";
import { latencies } from "./latency.mjs";
import { interval, quantile } from "./statistics.mjs";
import { setup, Window } from "./window.mjs";

const rounds = 8;
const keysARound = 40;
const pauseMillis = 60; // as a fast typist; what the server does falls in between
const bar = 1.1;

async function prepare(name) {
  const w = await Window.open({ name: `-${name}`, vsixes: [setup.extensions[name]], settings: { "starlarkMemls.codeLens.minScore": 0, "editor.quickSuggestions": { other: "off" }, "editor.wordBasedSuggestions": "off" } });
  await w.goto(setup.file);
  await w.browser.ask(":60"); // where both lens and comment are on the screen
  await w.page.keyboard.press("Enter");
  const comment = w.browser.line("a comment to type into");
  await comment.waitFor();
  if (name !== "without") await until("a lens", async () => (await w.page.locator(".codelens-decoration a").count()) > 0);
  if (name === "with") await w.status(/\d+ hot/).waitFor({ timeout: 180_000 });
  await w.browser.palette("Notifications: Clear All Notifications");
  await comment.click();
  await w.page.keyboard.press("End");
  w.devtools = await w.browser.context.newCDPSession(w.page);
  return w;
}

/** Types, and takes it back; what each key took. */
async function round(w) {
  const { keyboard } = w.page;
  await w.page.bringToFront();
  const keys = await latencies(w.devtools, async () => {
    for (let i = 0; i < keysARound; i++) {
      await keyboard.press("x");
      await w.page.waitForTimeout(pauseMillis);
    }
  });
  for (let i = 0; i < keysARound; i++) await keyboard.press("Backspace");
  await w.page.waitForTimeout(500);
  return keys;
}

const names = ["without", "lenses", "with"];
const windows = {};
const samples = {}; // name → round → keys
for (const name of names) {
  windows[name] = await prepare(name);
  await round(windows[name]); // warm
  samples[name] = [];
}
for (let i = 0; i < rounds; i++) {
  for (let k = 0; k < names.length; k++) {
    const name = names[(i + k) % names.length];
    samples[name].push(await round(windows[name]));
  }
}
const drawn = {};
for (const [name, w] of Object.entries(windows)) {
  drawn[name] = await w.page.locator(".codelens-decoration").count();
  await w.close();
}

const ms = (n) => n.toFixed(1).padStart(6);
console.log("from a key to the frame that shows it, ms; the compositor's drawing, and the rest, at the median");
console.log("            keys  lenses     p50    p90  drawing   rest");
for (const name of names) {
  const all = samples[name].flat();
  const of = (part, q) => ms(quantile(all.map((k) => k[part]), q));
  console.log(`  ${name.padEnd(8)}${String(all.length).padStart(6)}${String(drawn[name]).padStart(8)}  ${of("total", 0.5)} ${of("total", 0.9)}   ${of("drawing", 0.5)} ${of("rest", 0.5)}`);
}
const ratio = (part, a, b) => interval(samples[a].map((r) => r.map((k) => k[part])), samples[b].map((r) => r.map((k) => k[part])));
const told = ({ value, low, high }) => `${value.toFixed(3)} (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`;
console.log("ratios of the medians");
for (const [what, part, a, b] of [
  ["with / without", "total", "with", "without"],
  ["with / without, without the drawing", "rest", "with", "without"],
  ["lenses / without", "total", "lenses", "without"],
  ["with / lenses", "total", "with", "lenses"],
]) {
  console.log(`  ${what.padEnd(37)}${told(ratio(part, a, b))}`);
}
const whole = ratio("total", "with", "without").value;
console.log(`the bar is ${bar} for with / without: ${whole <= bar ? "met" : "missed"}`);
const enough = names.every((name) => samples[name].flat().length >= (rounds * keysARound) / 2);
const lensesThere = drawn.with > 0 && drawn.lenses > 0 && drawn.without === 0;
if (!enough) console.log("too few keys were seen");
if (!lensesThere) console.log("the lenses are not where they should be");
process.exit(enough && lensesThere && whole <= bar ? 0 : 1);
