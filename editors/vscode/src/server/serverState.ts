// SPDX-License-Identifier: Apache-2.0

// How a Bazel server does, as the language server says in
// starlarkMemls/serverState (lsp/internal/show/server_state.go), and how that
// looks in the status bar.

export interface ServerState {
  /** The workspace's root. */
  workspace: string;
  pid?: number;
  state: "idle" | "building" | "near_limit" | "dying" | "gone";
  why?: string;
  used_bytes: number;
  limit_bytes: number;
  /** What the last collection left in use. */
  after_collection_bytes?: number;
  /** The share of the last 5 s that was spent in pauses. */
  pause_share_5s: number;
  /** Collections of the whole heap that nobody asked for. */
  full_collections: number;
  seconds_to_limit?: number;
}

export interface Look {
  text: string;
  tooltip: string;
  background?: string;
}

const bySeverity = ["gone", "idle", "building", "near_limit", "dying"];

/** The server that is worst off; undefined where none runs. */
export function worst(servers: readonly ServerState[]): ServerState | undefined {
  return servers.reduce<ServerState | undefined>((a, b) => (a && bySeverity.indexOf(a.state) >= bySeverity.indexOf(b.state) ? a : b), undefined);
}

/** What the status bar shows of a server; undefined is nothing. */
export function look(s: ServerState | undefined): Look | undefined {
  if (!s || s.state === "gone" || s.limit_bytes <= 0) return undefined;
  const heap = `${size(s.used_bytes)} of ${size(s.limit_bytes)}`;
  const tooltip = [headline(s), `Heap: ${heap} in use`, ...details(s), "Click to ask the server who holds its memory."].join("\n");
  switch (s.state) {
    case "idle":
      return { text: "$(server-process)", tooltip };
    case "building":
      return { text: `$(server-process) ${heap}`, tooltip };
    case "near_limit":
      return { text: `$(warning) Bazel ${share(s)} full`, tooltip, background: "statusBarItem.warningBackground" };
    case "dying":
      return { text: `$(flame) Bazel is dying, ${share(s)} full`, tooltip, background: "statusBarItem.errorBackground" };
  }
}

function headline(s: ServerState): string {
  const server = `Bazel server${s.pid ? ` ${s.pid}` : ""}`;
  switch (s.state) {
    case "near_limit":
      return `${server} is near its limit: ${s.why ?? ""}`;
    case "dying":
      return `${server} will probably run out of memory: ${s.why ?? ""}`;
    default:
      return `${server}, ${s.state}`;
  }
}

function details(s: ServerState): string[] {
  const lines: string[] = [];
  if (s.after_collection_bytes !== undefined) lines.push(`Left by the last collection: ${size(s.after_collection_bytes)}`);
  if (s.pause_share_5s >= 0.01) lines.push(`${Math.round(100 * s.pause_share_5s)} % of the last 5 s spent in pauses`);
  if (s.full_collections > 0) lines.push(`Full collections: ${s.full_collections}`);
  if (s.seconds_to_limit) lines.push(`At this pace the limit is reached in ${Math.round(s.seconds_to_limit)} s`);
  return lines;
}

/** What is left in use of the limit, rounded down: 100 % is full. */
function share(s: ServerState): string {
  return `${Math.floor((100 * (s.after_collection_bytes ?? s.used_bytes)) / s.limit_bytes)} %`;
}

function size(bytes: number): string {
  const mib = bytes / (1 << 20);
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}
