// SPDX-License-Identifier: Apache-2.0

// A Starlark server as others are: it completes, finds definitions, hovers,
// has lenses and diagnostics of its own. It stands beside the server under
// test where no other is named, and knows as much as the tests must see.
//
//   node neighbour.mjs --stdio

import * as lsp from "vscode-languageserver-protocol/node";

const c = lsp.createProtocolConnection(new lsp.StreamMessageReader(process.stdin), new lsp.StreamMessageWriter(process.stdout));
const texts = new Map();

/** The definitions of a text: name to line. */
function definitions(text) {
  const found = new Map();
  for (const [line, content] of text.split("\n").entries()) {
    const name = /^(?:def )?(\w+)(?:\(| = )/.exec(content)?.[1];
    if (name && !found.has(name)) found.set(name, line);
  }
  return found;
}

function wordAt(text, { line, character }) {
  for (const match of text.split("\n")[line].matchAll(/\w+/g)) {
    if (match.index <= character && character <= match.index + match[0].length) return match[0];
  }
  return "";
}

const at = (line) => ({ start: { line, character: 0 }, end: { line, character: 1 } });

function opened(uri, text) {
  texts.set(uri, text);
  void c.sendNotification(lsp.PublishDiagnosticsNotification.type, { uri, diagnostics: [{ range: at(0), severity: 2, source: "neighbour", message: "a neighbour's warning" }] });
}

c.onRequest(lsp.InitializeRequest.type, () => ({
  capabilities: { textDocumentSync: 1, definitionProvider: true, hoverProvider: true, completionProvider: {}, codeLensProvider: {} },
}));
c.onNotification(lsp.DidOpenTextDocumentNotification.type, ({ textDocument }) => opened(textDocument.uri, textDocument.text));
c.onNotification(lsp.DidChangeTextDocumentNotification.type, ({ textDocument, contentChanges }) => opened(textDocument.uri, contentChanges.at(-1).text));
c.onRequest(lsp.DefinitionRequest.type, ({ textDocument: { uri }, position }) => {
  const line = definitions(texts.get(uri)).get(wordAt(texts.get(uri), position));
  return line === undefined ? null : { uri, range: at(line) };
});
c.onRequest(lsp.HoverRequest.type, ({ textDocument: { uri }, position }) => ({ contents: `neighbour: ${wordAt(texts.get(uri), position)}` }));
c.onRequest(lsp.CompletionRequest.type, ({ textDocument: { uri } }) => [...definitions(texts.get(uri)).keys()].map((label) => ({ label })));
c.onRequest(lsp.CodeLensRequest.type, () => [{ range: at(0), command: { title: "neighbour's lens", command: "neighbour.nothing" } }]);
c.onRequest(lsp.ShutdownRequest.type, () => null);
c.onNotification(lsp.ExitNotification.type, () => process.exit(0));
c.onClose(() => process.exit(0));
c.listen();
