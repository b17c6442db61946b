// SPDX-License-Identifier: Apache-2.0

// What the status bar shows of Bazel's server.   node --test
import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const { look, worst } = await load("../src/server/serverState.ts");

const mib = 1 << 20;
const server = (state, more = {}) => ({ workspace: "/w", pid: 7, state, used_bytes: 300 * mib, limit_bytes: 1000 * mib, pause_share_5s: 0, full_collections: 0, ...more });

test("an idle server is an icon, one that is gone is nothing", () => {
  assert.equal(look(server("idle")).text, "$(server-process)");
  assert.equal(look(server("idle")).background, undefined);
  for (const none of [undefined, server("gone"), server("idle", { limit_bytes: 0 })]) assert.equal(look(none), undefined);
});

test("a build shows its heap, without a colour", () => {
  const { text, background, tooltip } = look(server("building", { limit_bytes: 4096 * mib }));
  assert.equal(text, "$(server-process) 300 MiB of 4.0 GiB");
  assert.equal(background, undefined);
  assert.match(tooltip, /^Bazel server 7, building\nHeap: 300 MiB of 4\.0 GiB in use\n/);
});

test("near the limit is a colour, dying another", () => {
  const near = look(server("near_limit", { after_collection_bytes: 909 * mib, why: "after the last GC the heap was still 90 % full" }));
  assert.equal(near.text, "$(warning) Bazel 90 % full");
  assert.equal(near.background, "statusBarItem.warningBackground");
  const dying = look(server("dying", { after_collection_bytes: 979 * mib, full_collections: 3, pause_share_5s: 0.62, why: "after 3 full GCs the heap was still 97 % full" }));
  assert.equal(dying.text, "$(flame) Bazel is dying, 97 % full");
  assert.equal(dying.background, "statusBarItem.errorBackground");
  assert.match(dying.tooltip, /will probably run out of memory: after 3 full GCs the heap was still 97 % full/);
  assert.match(dying.tooltip, /62 % of the last 5 s spent in pauses\nFull collections: 3/);
});

test("of several servers the one that is worst off is shown", () => {
  assert.equal(worst([]), undefined);
  assert.equal(worst([server("idle"), server("dying"), server("building")]).state, "dying");
  assert.equal(worst([server("building", { pid: 1 }), server("building", { pid: 2 })]).pid, 1);
});
