// SPDX-License-Identifier: Apache-2.0

// How long the browser itself says that a key took: from its arrival to the
// frame that shows it, and how much of that was its compositor's drawing. A
// browser without a graphics card draws in software, and draws everything
// that it believes to have changed; with one, that part costs next to nothing.

/** Records while `run` runs, and returns what each key took, in milliseconds. */
export async function latencies(devtools, run) {
  const events = [];
  const take = ({ value }) => events.push(...value);
  devtools.on("Tracing.dataCollected", take);
  const complete = new Promise((resolve) => devtools.once("Tracing.tracingComplete", resolve));
  await devtools.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["input"], excludedCategories: ["*"] } });
  try {
    await run();
  } finally {
    await devtools.send("Tracing.end");
    await complete;
    devtools.off("Tracing.dataCollected", take);
  }
  return keysIn(events);
}

/** The keys of a trace: EventLatency encloses the stages of one event; ids come again. */
export function keysIn(events) {
  const open = new Map(); // id → the events since its EventLatency began
  const keys = [];
  for (const e of events) {
    const id = `${e.cat} ${e.pid} ${e.id2?.local ?? e.id}`;
    if (e.name === "EventLatency" && e.ph === "b") open.set(id, []);
    const own = open.get(id);
    own?.push(e);
    if (e.name !== "EventLatency" || e.ph !== "e" || !own) continue;
    open.delete(id);
    if (own[0].args?.event_latency?.event_type !== "KEY_PRESSED") continue;
    const stages = durations(own);
    const total = stages.get("EventLatency");
    const drawing = stages.get("StartDrawToSwapStart");
    if (drawing !== undefined) keys.push({ total, drawing, rest: total - drawing }); // else it changed nothing
  }
  return keys;
}

/** The milliseconds between each begin and its end; they are nested. */
function durations(events) {
  const open = [];
  const all = new Map();
  for (const e of events) {
    if (e.ph === "b") {
      open.push(e);
    } else if (open.length > 0) {
      const begin = open.pop();
      all.set(begin.name, (all.get(begin.name) ?? 0) + (e.ts - begin.ts) / 1000);
    }
  }
  return all;
}
