// SPDX-License-Identifier: Apache-2.0

// The least that draws lenses: an extension without a server, whose lenses are
// words on the lines that have a definition of the example. What VS Code itself
// takes for having lenses, whoever draws them; typing.mjs compares with it.

const vscode = require("vscode");

exports.activate = (context) => {
  context.subscriptions.push(
    vscode.languages.registerCodeLensProvider({ language: "starlark" }, {
      provideCodeLenses(document) {
        const lines = Array.from({ length: document.lineCount }, (_, i) => i).filter((i) => /^def (?!_filler)/.test(document.lineAt(i).text));
        return lines.map((i) => new vscode.CodeLens(document.lineAt(i).range, { title: "#1 memory suspect · on the stack of 1 of 1 crash · retains 134 MiB · 54 GCs (397 ms)", command: "noop" }));
      },
    }),
  );
};
