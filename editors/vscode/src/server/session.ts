// SPDX-License-Identifier: Apache-2.0

// The one language client, for all folders of the window, through all its
// deaths: started, restarted by hand, or by the library when the server was
// killed.
//
// The library registers the commands that the server announces, under the
// server's own ids, each time a client starts; so nothing else here may
// register one of them, and an old client must be gone before a new one comes.

import * as os from "node:os";
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  type Executable,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  State,
  type StaticFeature,
} from "vscode-languageclient/node";

import { followStderr } from "../logs";
import { allSettings, section, setting } from "../settings";
import type { Pages } from "../pages/pages";
import { locate, type Located } from "./locate";
import { nothing, type Overview, type PlotKind } from "./overview";
import { Pauses } from "./pauses";
import type { ServerState } from "./serverState";

export type Phase = "stopped" | "starting" | "running" | "failed";

export interface Progress {
  title: string;
  message: string | undefined;
  percentage: number | undefined;
}

/** How often a server that dies is started again before it is left to the user. */
const maxDeaths = 5;
const deathsWithinMillis = 3 * 60_000;

/** Where the time of the newest crash is kept that was told. */
const toldKey = "toldUntil";

/** The commands without which the server is another one, or too old. */
const required = ["loadMeasurements", "clear", "rescan", "jumpToCrash", "showCrashReport", "showEvidence"];

export class Session implements vscode.Disposable {
  #client: LanguageClient | undefined;
  #phase: Phase = "stopped";
  #overview: Overview = nothing;
  #located: Located | undefined;
  #failure = "";
  #turn: Promise<void> = Promise.resolve();
  #deaths: number[] = [];
  readonly #running = new Map<string | number, Progress>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #pauses = new Pauses();
  readonly #servers = new Map<string, ServerState>();

  /** After every change of phase, overview or progress. */
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly serverLog: vscode.LogOutputChannel,
    private readonly pages: Pages,
  ) {}

  get phase(): Phase {
    return this.#phase;
  }

  get overview(): Overview {
    return this.#overview;
  }

  /** Why the last start failed. */
  get failure(): string {
    return this.#failure;
  }

  /** The binary that was started last. */
  get binary(): string | undefined {
    return this.#located?.command;
  }

  /** How the running Bazel servers of the workspaces do, as far as there are any. */
  get servers(): ServerState[] {
    return [...this.#servers.values()];
  }

  /** What the server is busy with. */
  get progress(): Progress[] {
    return [...this.#running.values()];
  }

  /** Whether the server announced that it has this command. */
  has(command: string): boolean {
    const announced = this.#client?.initializeResult?.capabilities.executeCommandProvider?.commands;
    return announced?.includes(`starlark-memls.${command}`) ?? false;
  }

  /** The pictures that the server announced. */
  get plots(): PlotKind[] {
    const announced = this.#client?.initializeResult?.capabilities.experimental as { starlarkMemls?: { plots?: PlotKind[] } } | undefined;
    return announced?.starlarkMemls?.plots ?? [];
  }

  /** Starts, or after a failure starts again. Calls queue behind each other. */
  start(): Promise<void> {
    return this.#next(() => this.#start());
  }

  restart(): Promise<void> {
    return this.#next(async () => {
      this.#deaths = [];
      await this.#stop();
      await this.#start();
    });
  }

  stop(): Promise<void> {
    return this.#next(() => this.#stop());
  }

  /** Runs one of the server's commands; its argument is one object or nothing. */
  async execute<T>(command: string, argument?: object, token?: vscode.CancellationToken): Promise<T> {
    const client = this.#client;
    if (!client || this.#phase !== "running") {
      throw new Error(`the Starlark Memory server is not running${this.#failure ? `: ${this.#failure}` : ""}`);
    }
    const params = { command: `starlark-memls.${command}`, arguments: argument ? [argument] : [] };
    // A token that is undefined would be taken for a second parameter.
    return token ? client.sendRequest<T>("workspace/executeCommand", params, token) : client.sendRequest<T>("workspace/executeCommand", params);
  }

  /** Takes an overview that a command answered with. */
  take(overview: Overview): void {
    this.#overview = overview;
    this.#rememberTold(overview);
    this.#changed.fire();
  }

  dispose(): void {
    void this.stop();
    this.#changed.dispose();
  }

  /** A server that comes after this one, or this window's next, must not tell of the same crash again. */
  #rememberTold(overview: Overview): void {
    const newest = overview.crashes.find((c) => !c.older && c.time)?.time;
    const before = this.context.workspaceState.get<string>(toldKey);
    if (newest && !(before && Date.parse(before) >= Date.parse(newest))) void this.context.workspaceState.update(toldKey, newest);
  }

  #next(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    if (phase !== "running") {
      this.#overview = nothing;
      this.#running.clear();
      this.#servers.clear();
    }
    this.#changed.fire();
  }

  async #start(): Promise<void> {
    if (this.#client) return;
    this.#failure = "";
    this.#enter("starting");
    try {
      this.#located = await locate({
        setting: setting<string>("server.path"),
        folder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
        home: os.homedir(),
        extension: this.context.extensionPath,
        path: process.env["PATH"] ?? "",
        platform: process.platform,
      });
      this.log.info(`server: ${this.#located.command} (${this.#located.from})`);
      this.#client = this.#newClient(this.#located);
      await this.#client.start();
      const missing = required.filter((command) => !this.has(command));
      if (missing.length > 0) {
        throw new Error(`${this.#located.command} is too old for this extension: it does not know ${missing.join(", ")}`);
      }
      this.#enter("running");
    } catch (error) {
      await this.#stop();
      this.#failure = error instanceof Error ? error.message : String(error);
      this.log.error(this.#failure);
      this.#enter("failed");
      throw error;
    }
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client) {
      try {
        await client.dispose(2000);
      } catch (error) {
        this.log.debug(`stopping the server: ${String(error)}`); // it may be dead already
      }
    }
    this.#enter("stopped");
  }

  #newClient(located: Located): LanguageClient {
    const server: Executable = {
      command: located.command,
      args: setting<string[]>("server.args"),
      options: { env: { ...process.env, ...setting<Record<string, string>>("server.env") } },
    };
    const client = new LanguageClient(section, "Starlark Memory", server, this.#options());
    client.registerFeature(wantsReports);
    client.onNotification("starlarkMemls/reportChanged", (overview: Overview) => this.take(overview));
    client.onNotification("starlarkMemls/serverState", (state: ServerState) => {
      if (state.state === "gone") this.#servers.delete(state.workspace);
      else this.#servers.set(state.workspace, state);
      this.#changed.fire();
    });
    client.onDidChangeState(({ newState }) => {
      if (client !== this.#client || this.#phase === "failed") return;
      if (newState === State.Running) this.#enter("running");
      else if (this.#phase === "running") this.#enter(newState === State.Starting ? "starting" : "stopped");
    });
    return client;
  }

  #options(): LanguageClientOptions {
    return {
      documentSelector: [
        { scheme: "file", language: "starlark" },
        { scheme: "file", pattern: "**/*.bzl" },
        { scheme: "file", pattern: "**/{BUILD,BUILD.bazel,WORKSPACE,WORKSPACE.bazel,MODULE.bazel}" },
      ],
      outputChannel: this.serverLog,
      traceOutputChannel: this.log,
      stdioOptions: { stdout: () => {}, stderr: (stream) => followStderr(stream, this.serverLog) },
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: () => ({ ...allSettings(), trusted: vscode.workspace.isTrusted, toldUntil: this.context.workspaceState.get<string>(toldKey) }),
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue }),
        closed: () => this.#closed(),
      },
      middleware: {
        didChange: (event, next) => {
          this.#pauses.note(event.document);
          return next(event);
        },
        provideInlayHints: async (document, range, token, next) => ((await this.#pauses.next(document, token)) ? next(document, range, token) : undefined),
        window: {
          showDocument: async (params, token, next) => {
            if (!params.external && (await this.pages.showFile(params.uri))) return { success: true };
            return next(params, token);
          },
        },
        handleWorkDoneProgress: (token, params, next) => {
          if (params.kind === "end") {
            this.#running.delete(token);
          } else {
            const before = this.#running.get(token);
            this.#running.set(token, {
              title: params.kind === "begin" ? params.title : (before?.title ?? ""),
              message: params.message ?? before?.message,
              percentage: params.percentage ?? before?.percentage,
            });
          }
          this.#changed.fire();
          next(token, params);
        },
      },
    };
  }

  #closed(): { action: CloseAction; message?: string; handled?: boolean } {
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < deathsWithinMillis), now];
    if (this.#deaths.length < maxDeaths) {
      this.log.warn("the server ended unexpectedly and is started again");
      return { action: CloseAction.Restart, handled: true };
    }
    this.#failure = `the server ended ${maxDeaths} times within ${deathsWithinMillis / 60_000} minutes`;
    this.log.error(this.#failure);
    this.#enter("failed");
    return { action: CloseAction.DoNotRestart, message: `Starlark Memory: ${this.#failure}. Its log says why; "Restart Server" tries again.` };
  }
}

/** Asks the server for its overview after each change of the report, and for how Bazel's server does. */
const wantsReports: StaticFeature = {
  fillClientCapabilities(capabilities) {
    const others = (capabilities.experimental ?? {}) as Record<string, unknown>;
    capabilities.experimental = { ...others, starlarkMemls: { reportChanged: true, serverState: true } };
  },
  initialize() {},
  getState() {
    return { kind: "static" };
  },
  clear() {},
};
