// SPDX-License-Identifier: Apache-2.0

// A JSON Schema for each message that the server may send, generated from the
// types of Microsoft's own library, and for our one notification from those of
// the VS Code extension. No property is allowed that the types do not have: a
// misspelt one is as wrong as a missing one.

import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

import Ajv from "ajv";
import { createGenerator } from "ts-json-schema-generator";

const here = path.dirname(fileURLToPath(import.meta.url));

/** The type of the parameters of what the server sends by itself. */
const params = {
  "client/registerCapability": "l.RegistrationParams",
  "client/unregisterCapability": "l.UnregistrationParams",
  "workspace/configuration": "l.ConfigurationParams",
  "workspace/applyEdit": "l.ApplyWorkspaceEditParams",
  "workspace/codeLens/refresh": "undefined",
  "workspace/inlayHint/refresh": "undefined",
  "workspace/diagnostic/refresh": "undefined",
  "window/showDocument": "l.ShowDocumentParams",
  "window/showMessageRequest": "l.ShowMessageRequestParams",
  "window/workDoneProgress/create": "l.WorkDoneProgressCreateParams",
  "window/showMessage": "l.ShowMessageParams",
  "window/logMessage": "l.LogMessageParams",
  "textDocument/publishDiagnostics": "l.PublishDiagnosticsParams",
  "$/progress": "{ token: l.ProgressToken; value: l.WorkDoneProgressBegin | l.WorkDoneProgressReport | l.WorkDoneProgressEnd }",
  "$/logTrace": "l.LogTraceParams",
  // Of a request of the server's own, such as a refresh that a later one overtakes.
  "$/cancelRequest": "{ id: number | string }",
  "starlarkMemls/reportChanged": "Overview",
};

/** The type of the answer to each request. */
const results = {
  initialize: "l.InitializeResult",
  shutdown: "null",
  "textDocument/codeLens": "l.CodeLens[]",
  "codeLens/resolve": "l.CodeLens",
  "textDocument/hover": "l.Hover | null",
  "textDocument/inlayHint": "l.InlayHint[]",
  "textDocument/codeAction": "(l.Command | l.CodeAction)[]",
  "textDocument/diagnostic": "l.DocumentDiagnosticReport",
  "workspace/diagnostic": "l.WorkspaceDiagnosticReport",
};

/** Loose on purpose: what a command answers is ours. */
const anything = new Set(["workspace/executeCommand"]);

export class Schemas {
  constructor() {
    const types = {};
    const source = [`import type * as l from "vscode-languageserver-protocol";`, `import type { Overview } from "../vscode/src/server/overview";`];
    for (const [kind, table] of Object.entries({ params, results })) {
      for (const [method, type] of Object.entries(table)) {
        if (type === "undefined") continue;
        const name = `${kind}_${method.replace(/\W/g, "_")}`;
        types[`${kind} ${method}`] = name;
        source.push(`export type ${name} = ${type};`);
      }
    }
    source.push("export type error = l.ResponseError<unknown>['code'];");
    // In this folder, so that the library is found; gone again at once.
    const file = path.join(here, `.types-${process.pid}.ts`);
    const tsconfig = path.join(here, `.tsconfig-${process.pid}.json`);
    fs.writeFileSync(file, source.join("\n"));
    fs.writeFileSync(tsconfig, JSON.stringify({ compilerOptions: { module: "esnext", moduleResolution: "bundler", target: "es2022", skipLibCheck: true, strict: true, types: [] }, files: [path.basename(file)] }));
    try {
      const generator = createGenerator({ path: file, tsconfig, skipTypeCheck: true, additionalProperties: false, topRef: false, jsDoc: "none" });
      const ajv = new Ajv({ strict: false, allErrors: true, allowUnionTypes: true });
      this.validators = new Map(Object.entries(types).map(([key, name]) => [key, ajv.compile(generator.createSchema(name))]));
    } finally {
      fs.rmSync(file);
      fs.rmSync(tsconfig);
    }
  }

  /** What is wrong with a request's or notification's parameters. */
  params(method, value) {
    if (params[method] === undefined) return [`${method} is nothing that a server sends`];
    if (params[method] === "undefined") return value === undefined || value === null ? [] : [`${method} has no parameters, and was sent ${JSON.stringify(value)}`];
    return this.#check(`params ${method}`, value);
  }

  /** What is wrong with the answer to a request. */
  result(method, value) {
    if (anything.has(method)) return value === undefined ? [`${method} has neither a result nor an error`] : [];
    if (results[method] === undefined) return [`no schema for the answer to ${method}`];
    return this.#check(`results ${method}`, value);
  }

  #check(key, value) {
    const validate = this.validators.get(key);
    if (validate(value)) return [];
    return validate.errors.slice(0, 5).map((e) => `${key}${e.instancePath}: ${e.message} ${JSON.stringify(e.params)}`);
  }
}
