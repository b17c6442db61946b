// SPDX-License-Identifier: Apache-2.0

// The validators can fail: each of these messages is wrong in one way.
//   node --test

import assert from "node:assert/strict";
import { test } from "node:test";

import { Schemas } from "./schemas.mjs";
import { Wire } from "./wire.mjs";

const schemas = new Schemas();
const frame = (message) => Buffer.from(`Content-Length: ${Buffer.byteLength(JSON.stringify(message))}\r\n\r\n${JSON.stringify(message)}`);
const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };

function problems(...messages) {
  const wire = new Wire(schemas);
  for (const [side, message] of messages) for (const byte of frame(message)) wire.take(side, Buffer.from([byte])); // however it is cut
  return wire.problems;
}

const ask = (method) => ["client", { jsonrpc: "2.0", id: 1, method, params: {} }];
const answer = (result) => ["server", { jsonrpc: "2.0", id: 1, result }];

test("what is right has no problems", () => {
  assert.deepEqual(problems(ask("textDocument/codeLens"), answer([{ range, command: { title: "x", command: "y" } }])), []);
  assert.deepEqual(problems(["server", { jsonrpc: "2.0", method: "textDocument/publishDiagnostics", params: { uri: "file:///a", diagnostics: [{ range, message: "m" }] } }]), []);
});

for (const [name, messages] of Object.entries({
  "a position without character": [ask("textDocument/codeLens"), answer([{ range: { start: { line: 0 }, end: { line: 0, character: 1 } } }])],
  "a misspelt property": [ask("textDocument/codeLens"), answer([{ range, comand: { title: "x", command: "y" } }])],
  "a severity that there is not": [["server", { jsonrpc: "2.0", method: "textDocument/publishDiagnostics", params: { uri: "file:///a", diagnostics: [{ range, message: "m", severity: 9 }] } }]],
  "a method that there is not": [["server", { jsonrpc: "2.0", method: "window/nonsense", params: {} }]],
  "an answer that nobody asked for": [answer(null)],
  "an error with a result": [ask("shutdown"), ["server", { jsonrpc: "2.0", id: 1, result: null, error: { code: 1, message: "m" } }]],
  "an error without a code": [ask("shutdown"), ["server", { jsonrpc: "2.0", id: 1, error: { message: "m" } }]],
  "parameters where there are none": [["server", { jsonrpc: "2.0", id: 5, method: "workspace/codeLens/refresh", params: {} }]],
  "no version": [["server", { method: "workspace/codeLens/refresh", id: 5 }]],
  "an overview whose line is a text": [["server", { jsonrpc: "2.0", method: "starlarkMemls/reportChanged", params: { workspaces: [], suspects: [], crashes: [{ crash: 0, cause: "x", message: "m", places: [{ uri: "file:///a", file: "a", line: "1", message: "" }] }] } }]],
})) {
  test(`${name} is found`, () => assert.equal(problems(...messages).length > 0, true));
}
