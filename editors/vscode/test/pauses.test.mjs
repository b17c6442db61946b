// SPDX-License-Identifier: Apache-2.0

// What waits until typing pauses.   node --test
import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const { Pauses, pauseMillis } = await load("../src/server/pauses.ts");

/** A token as VS Code has them. */
function source() {
  const listeners = new Set();
  const token = {
    isCancellationRequested: false,
    onCancellationRequested(listener) {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
  };
  const cancel = () => {
    token.isCancellationRequested = true;
    for (const listener of [...listeners]) listener();
  };
  return { token, cancel, listeners };
}

test("what was not edited is asked for at once", async () => {
  const pauses = new Pauses();
  pauses.note({});
  const before = Date.now();
  assert.equal(await pauses.next({}, source().token), true);
  assert.ok(Date.now() - before < pauseMillis * 100, "it waited");
});

test("after an edit it waits for a pause, and an edit meanwhile begins it anew", async () => {
  const pauses = new Pauses();
  const document = {};
  pauses.note(document);
  const { token, listeners } = source();
  const asked = pauses.next(document, token);
  await new Promise((resolve) => setTimeout(resolve, pauseMillis / 4));
  const last = Date.now();
  pauses.note(document);
  assert.equal(await asked, true);
  assert.ok(Date.now() - last >= pauseMillis, `asked ${Date.now() - last} ms after the last edit`);
  assert.equal(listeners.size, 0, "it still listens");
});

test("what is cancelled is not asked for", async () => {
  const pauses = new Pauses();
  const document = {};
  pauses.note(document);
  const { token, cancel, listeners } = source();
  const asked = pauses.next(document, token);
  cancel();
  assert.equal(await asked, false);
  assert.equal(listeners.size, 0, "it still listens");
  assert.equal(await pauses.next({}, token), false);
});
