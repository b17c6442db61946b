// SPDX-License-Identifier: Apache-2.0

// Microsoft's own client library drives the server on a workspace whose build
// has just died; every message of the server's is validated on the way.
//
//   SERVER=… FILE=… node client.mjs

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";

import * as lsp from "vscode-languageserver-protocol/node";

import { Schemas } from "./schemas.mjs";
import { Wire } from "./wire.mjs";

const file = process.env.FILE;
const uri = pathToFileURL(file).href;
const root = pathToFileURL(path.dirname(path.dirname(file))).href;
const text = fs.readFileSync(file, "utf8");
const def = text.split("\n").findIndex((line) => line.startsWith("def traverse_impl"));

const wire = new Wire(new Schemas());

/** One session with the server, with some capabilities. */
async function session(name, capabilities, options, use) {
  const server = spawn(process.env.SERVER, ["serve"], { stdio: ["pipe", "pipe", "inherit"] });
  const [toServer, fromServer] = [new PassThrough(), new PassThrough()];
  toServer.on("data", (piece) => (wire.take("client", piece), server.stdin.write(piece)));
  server.stdout.on("data", (piece) => (wire.take("server", piece), fromServer.write(piece)));
  const c = lsp.createProtocolConnection(new lsp.StreamMessageReader(fromServer), new lsp.StreamMessageWriter(toServer));
  const got = { diagnostics: new Map(), messages: [], shown: [], progress: [], overviews: [], asked: [] };
  c.onError(([error]) => wire.problems.push(`${name}: ${error.message}`));
  c.onNotification(lsp.PublishDiagnosticsNotification.type, (p) => got.diagnostics.set(p.uri, p.diagnostics));
  c.onNotification(lsp.ShowMessageNotification.type, (p) => got.messages.push(p.message));
  c.onNotification(lsp.LogMessageNotification.type, () => {});
  c.onNotification("starlarkMemls/reportChanged", (p) => got.overviews.push(p));
  c.onRequest(lsp.RegistrationRequest.type, () => {});
  c.onRequest(lsp.ConfigurationRequest.type, (p) => p.items.map(() => null));
  c.onRequest(lsp.CodeLensRefreshRequest.type, () => {});
  c.onRequest(lsp.InlayHintRefreshRequest.type, () => {});
  c.onRequest(lsp.DiagnosticRefreshRequest.type, () => {});
  c.onRequest(lsp.ShowDocumentRequest.type, (p) => (got.shown.push(p), { success: true }));
  c.onRequest(lsp.ShowMessageRequest.type, (p) => (got.asked.push(p), p.actions?.find((a) => a.title === "Jump") ?? null));
  c.onRequest(lsp.WorkDoneProgressCreateRequest.type, (p) => void c.onProgress(lsp.WorkDoneProgress.type, p.token, (v) => got.progress.push(v.kind)));
  c.listen();
  const init = await c.sendRequest(lsp.InitializeRequest.type, {
    processId: process.pid, rootUri: root, workspaceFolders: [{ uri: root, name: "memory-eater" }], capabilities,
    initializationOptions: { lint: { enable: false }, ...options }, // its hints come when they come
  });
  await c.sendNotification(lsp.InitializedNotification.type, {});
  await c.sendNotification(lsp.DidOpenTextDocumentNotification.type, { textDocument: { uri, languageId: "starlark", version: 1, text } });
  await use(c, got, init);
  await c.sendRequest(lsp.ShutdownRequest.type);
  const ended = new Promise((resolve) => server.once("exit", resolve));
  await c.sendNotification(lsp.ExitNotification.type);
  assert.equal(await ended, 0, "the exit status after shutdown");
  c.dispose();
  console.log(`ok ${name}`);
}

async function until(what, test) {
  for (const deadline = Date.now() + 120_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const value = await test();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
  }
}

const everything = {
  workspace: {
    configuration: true, didChangeConfiguration: { dynamicRegistration: true }, didChangeWatchedFiles: { dynamicRegistration: true, relativePatternSupport: true },
    codeLens: { refreshSupport: true }, inlayHint: { refreshSupport: true }, diagnostics: { refreshSupport: true }, workspaceFolders: true,
    workspaceEdit: { documentChanges: true },
  },
  window: { workDoneProgress: true, showDocument: { support: true }, showMessage: { messageActionItem: {} } },
  textDocument: {
    hover: { contentFormat: ["markdown", "plaintext"] }, codeLens: { resolveSupport: { properties: ["command"] } }, inlayHint: {}, diagnostic: { relatedDocumentSupport: true },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["", "quickfix", "source"] } }, isPreferredSupport: true },
    publishDiagnostics: { relatedInformation: true, codeDescriptionSupport: true, versionSupport: true, dataSupport: true },
  },
  general: { positionEncodings: ["utf-16"] },
  experimental: { starlarkMemls: { reportChanged: true } },
};

const position = { line: def, character: 6 };
const range = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } };
const execute = (c, command, argument) => c.sendRequest(lsp.ExecuteCommandRequest.type, { command: `starlark-memls.${command}`, arguments: argument ? [argument] : [] });

await session("everything, pushed", everything, { notifications: { actions: true } }, async (c, got) => {
  const lenses = await until("a lens", async () => {
    const all = await c.sendRequest(lsp.CodeLensRequest.type, { textDocument: { uri } });
    return all.some((l) => /#1 memory suspect/.test(l.command?.title ?? "")) && all;
  });
  assert.ok(lenses.every(lsp.CodeLens.is));
  assert.equal(lenses.find((l) => /#1 /.test(l.command.title)).range.start.line, def);
  await c.sendRequest(lsp.CodeLensResolveRequest.type, lenses[0]);
  const diagnostics = await until("diagnostics", () => got.diagnostics.get(uri)?.length && got.diagnostics.get(uri));
  assert.ok(diagnostics.every(lsp.Diagnostic.is));
  const hover = await c.sendRequest(lsp.HoverRequest.type, { textDocument: { uri }, position });
  assert.ok(lsp.Hover.is(hover) && /traverse_impl/.test(hover.contents.value));
  assert.equal(await c.sendRequest(lsp.HoverRequest.type, { textDocument: { uri }, position: { line: 4, character: 0 } }), null);
  const hints = await c.sendRequest(lsp.InlayHintRequest.type, { textDocument: { uri }, range });
  assert.ok(hints.every(lsp.InlayHint.is));
  const actions = await c.sendRequest(lsp.CodeActionRequest.type, { textDocument: { uri }, range: { start: position, end: position }, context: { diagnostics } });
  assert.ok(actions.some((a) => lsp.CodeAction.is(a) && a.edit), "an action with an edit");
  await until("the question about the crash", () => got.asked.length > 0);
  await until("Jump's document", () => got.shown.some((p) => p.uri === uri && p.selection));
  assert.equal(got.asked.length, 1, "the crash is told once");
  const places = await execute(c, "jumpToCrash");
  assert.ok(places.length > 0 && places.every(lsp.Location.is));
  const report = await execute(c, "showCrashReport", { crash: 0 });
  assert.match(report.markdown, /traverse_impl/);
  await execute(c, "showEvidence", { function: "traverse_impl" });
  await execute(c, "explain", { code: "ML001" });
  await c.sendNotification(lsp.DidChangeTextDocumentNotification.type, { textDocument: { uri, version: 2 }, contentChanges: [{ range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, text: "# α\n" }] });
  const moved = await c.sendRequest(lsp.CodeLensRequest.type, { textDocument: { uri } });
  assert.equal(moved.find((l) => /#1 /.test(l.command.title)).range.start.line, def + 1);
  await execute(c, "clear");
  await until("the diagnostics' end", () => got.diagnostics.get(uri).length === 0);
  await execute(c, "rescan");
  await until("them again", () => got.diagnostics.get(uri).length > 0);
  assert.ok(got.progress.includes("begin") && got.progress.at(-1) === "end", got.progress.join());
  assert.ok(got.overviews.length > 0);
  await assert.rejects(c.sendRequest("textDocument/nonsense", {}), (e) => e.code === lsp.ErrorCodes.MethodNotFound);
  await assert.rejects(execute(c, "jumpToCrash", { crash: 99 }), (e) => e.code === lsp.ErrorCodes.InvalidParams);
  await assert.rejects(c.sendRequest("textDocument/hover", { textDocument: 7 }), (e) => e.code === lsp.ErrorCodes.InvalidParams);
});

await session("everything, pulled", everything, { diagnostics: { delivery: "pull" } }, async (c) => {
  const full = await until("a report", async () => {
    const report = await c.sendRequest(lsp.DocumentDiagnosticRequest.type, { textDocument: { uri } });
    return report.kind === "full" && report.items.length > 0 && report;
  });
  const same = await c.sendRequest(lsp.DocumentDiagnosticRequest.type, { textDocument: { uri }, previousResultId: full.resultId });
  assert.equal(same.kind, "unchanged");
  const all = await c.sendRequest(lsp.WorkspaceDiagnosticRequest.type, { previousResultIds: [] });
  assert.ok(all.items.some((i) => i.uri === uri && i.items.length > 0));
});

await session("a client that can nothing", {}, undefined, async (c, got) => {
  await until("diagnostics", () => got.diagnostics.get(uri)?.length);
  const lenses = await c.sendRequest(lsp.CodeLensRequest.type, { textDocument: { uri } });
  assert.ok(lenses.length > 0, "lenses are never kept back: half of the editors that draw them do not say so");
  const actions = await c.sendRequest(lsp.CodeActionRequest.type, { textDocument: { uri }, range: { start: position, end: position }, context: { diagnostics: [] } });
  assert.ok(actions.every(lsp.Command.is), "commands alone, where the client takes nothing else");
  await until("the message", () => got.messages.some((m) => /out of memory/.test(m)));
  assert.equal(got.shown.length + got.progress.length + got.asked.length + got.overviews.length, 0);
});

const kinds = [...wire.seen].sort(([a], [b]) => (a < b ? -1 : 1));
console.log(`${kinds.reduce((sum, [, n]) => sum + n, 0)} messages of ${kinds.length} kinds: ${kinds.map(([k, n]) => `${k} ${n}`).join(", ")}`);
if (wire.problems.length > 0) {
  console.log(`FAIL ${wire.problems.length} messages are not as the protocol has them:\n${[...new Set(wire.problems)].slice(0, 30).join("\n")}`);
  process.exit(1);
}
console.log("PASS");
