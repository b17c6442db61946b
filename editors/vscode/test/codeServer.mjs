// SPDX-License-Identifier: Apache-2.0

// A real VS Code (code-server) on a port of its own, with throwaway state, and
// with nothing configured but what a test must have: no questions, no network,
// no saving behind its back.

import { execFile, spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const quiet = {
  "workbench.startupEditor": "none",
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": "off",
  "extensions.ignoreRecommendations": true,
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.enableExperiments": false,
  "files.autoSave": "off",
  "git.enabled": false,
};

/** What a screenshot looks best with. */
export const handsome = {
  "workbench.colorTheme": "Default Dark Modern",
  "editor.fontFamily": "'JetBrains Mono', 'DejaVu Sans Mono', monospace",
  "editor.fontLigatures": false,
  "editor.fontSize": 13,
  "editor.minimap.enabled": false,
  "editor.stickyScroll.enabled": false,
  "editor.occurrencesHighlight": "off",
  "breadcrumbs.enabled": false,
  "window.commandCenter": false,
  "workbench.layoutControl.enabled": false,
  "workbench.activityBar.location": "default",
};

export class CodeServer {
  /** @param {{install: string, state: string, env: Record<string, string>, settings?: object, flags?: string[]}} options */
  constructor(options) {
    this.options = options;
    this.node = process.execPath; // scripts/editors brings one that is new enough
    this.entry = path.join(options.install, "node_modules/code-server/out/node/entry.js");
    this.output = "";
  }

  get userFolder() {
    return path.join(this.options.state, "user");
  }

  async start(vsixes) {
    const { state, env, settings = {}, flags = ["--disable-workspace-trust"] } = this.options;
    const extensions = path.join(state, "extensions");
    await fs.mkdir(path.join(this.userFolder, "User"), { recursive: true });
    await fs.mkdir(extensions, { recursive: true });
    await fs.writeFile(path.join(this.userFolder, "User/settings.json"), JSON.stringify({ ...quiet, ...settings }, null, 2));
    const xdg = path.join(state, "xdg");
    this.env = { ...env, XDG_CONFIG_HOME: xdg, XDG_DATA_HOME: xdg, EXTENSIONS_GALLERY: '{"serviceUrl":""}' };
    const folders = ["--user-data-dir", this.userFolder, "--extensions-dir", extensions];
    for (const vsix of vsixes) await run(this.node, [this.entry, ...folders, "--install-extension", vsix], { env: this.env });
    this.port = await freePort();
    this.child = spawn(
      this.node,
      [this.entry, "--auth", "none", "--bind-addr", `127.0.0.1:${this.port}`, "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override", "--ignore-last-opened", ...folders, ...flags],
      { env: this.env, stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (data) => (this.output += data));
    this.ended = new Promise((resolve) => this.child.once("exit", resolve));
    for (let tries = 0; ; tries++) {
      const up = await fetch(`http://127.0.0.1:${this.port}/healthz`).then((r) => r.ok, () => false);
      if (up) return;
      if (tries > 480 || this.child.exitCode !== null) throw new Error(`code-server did not start:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** The address that opens a folder, and a file in it. */
  address(folder, file) {
    const payload = file ? `&payload=${encodeURIComponent(JSON.stringify([["openFile", `vscode-remote://127.0.0.1:${this.port}${file}`]]))}` : "";
    return `http://127.0.0.1:${this.port}/?folder=${encodeURIComponent(folder)}${payload}`;
  }

  async stop() {
    if (!this.child) return;
    this.child.kill("SIGTERM");
    const late = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    await this.ended;
    clearTimeout(late);
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
