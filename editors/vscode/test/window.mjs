// SPDX-License-Identifier: Apache-2.0

// A window of VS Code with the extension in it, as each test begins: what
// editors/test/vscode_test.go says in $SETUP, a code-server, a browser.

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { Browser } from "./browser.mjs";
import { CodeServer, handsome } from "./codeServer.mjs";
import { extensionErrors } from "./logs.mjs";
import { Steps } from "./steps.mjs";

export const setup = JSON.parse(process.env.SETUP);

/** The file that the tests are about, and its lines. */
export const eater = setup.file;
export const source = (await fs.readFile(eater, "utf8")).split("\n");

/** The line, from 1, on which the culprit is defined. */
export const defLine = source.findIndex((line) => line.startsWith("def traverse_impl")) + 1;

export class Window {
  static async open({ name = "", settings = {}, flags, vsixes = [setup.vsix], size = {} } = {}) {
    const w = new Window();
    w.code = new CodeServer({ install: setup.install, state: path.join(setup.temporary, `state${name}`), env: process.env, settings: { ...handsome, ...settings }, flags });
    await w.code.start(vsixes);
    w.browser = await Browser.open({ install: setup.install, profile: path.join(setup.temporary, `browser${name}`), scale: setup.pictures ? 2 : 1, compositor: setup.compositor, ...size });
    w.page = w.browser.page;
    w.steps = new Steps(w.browser, setup.failures);
    return w;
  }

  /** Opens the workspace, and a file in it. */
  goto(file = eater) {
    return this.browser.goto(this.code.address(setup.workspace, file));
  }

  /** Closes all that is open but the source, which is shown at the culprit. */
  async backToSource() {
    await this.browser.palette("View: Close All Editors");
    await this.page.locator(".editor-instance").waitFor({ state: "detached" });
    await this.browser.quickOpen("memory/eat.bzl");
    await this.status(/^Ln \d+,/).waitFor();
    await this.browser.goToLine(defLine);
  }

  step(name, run) {
    return this.steps.run(name, run);
  }

  /** The item of the status bar with a text. */
  status(text) {
    return this.page.locator(".statusbar-item", { hasText: text }).first();
  }

  /** Keeps a picture for the documentation, where one is wanted. */
  async picture(name) {
    if (setup.pictures) await this.browser.picture(path.join(setup.pictures, `vscode-${name}.png`));
  }

  /** Nothing asked another host, and the extension host's logs have no error, but of a server that was `killed`. */
  async assertClean(options) {
    assert.equal([...this.browser.outside].join(" "), "", "asked outside");
    const errors = await extensionErrors(path.join(this.code.userFolder, "logs"), options);
    assert.equal(errors.join("\n"), "", "errors in the logs");
  }

  async close() {
    await this.browser.close();
    await this.code.stop();
  }

  /** Ends all, and the process with the number of failed steps, whose logs stay. */
  async end() {
    await this.close();
    if (this.steps.failed > 0) await fs.cp(path.join(this.code.userFolder, "logs"), path.join(setup.failures, "logs"), { recursive: true });
    process.exit(this.steps.failed);
  }
}

/** Lets the test that runs this do a thing: crash, fix, break, build. */
export async function control(what) {
  const answer = await fetch(`${setup.control}/${what}`, { method: "POST" });
  assert.ok(answer.ok, `${what} failed`);
}
