// SPDX-License-Identifier: Apache-2.0

// Sizes are in the server's words.   go test -run TestVSCodeParts
import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const { bytesText } = await load("../src/server/overview.ts");

test("a size reads as the server writes it", () => {
  const sizes = Object.entries(JSON.parse(process.env.SIZES)); // from Go: bytes → words
  assert.ok(sizes.length > 100);
  for (const [bytes, words] of sizes) assert.equal(bytesText(Number(bytes)), words, `${bytes} bytes`);
});
