// SPDX-License-Identifier: Apache-2.0

// What the server knows at a moment, as it says in starlarkMemls/reportChanged
// and answers to clear and rescan. The Go side of this is lsp/overview.go:
// sizes are bytes, lines count from 1, `file` is relative to the workspace.

export interface Overview {
  workspaces: Workspace[];
  /** Newest first. */
  crashes: Crash[];
  /** By rank. */
  suspects: Suspect[];
  /** The running sweep, or the last one. */
  sweep?: Sweep;
  /** The file of the newest picture. */
  plot?: string;
}

export interface Sweep {
  /** The command that goes on with it, with `resume`. */
  command: string;
  state: "running" | "finished" | "stopped" | "failed";
  out: string;
  /** Builds planned, and ended. */
  of: number;
  done: number;
  building?: string;
  left_micros?: number;
  message?: string;
  plot?: string;
  page?: string;
  resume: object;
}

export interface Workspace {
  root: string;
  output_base?: string;
  measurements: Measurement[];
  /** Leftovers of earlier builds, not loaded. */
  older?: Measurement[];
  warnings?: string[];
}

export interface Measurement {
  path: string;
  status?: string;
  /** RFC 3339. */
  ended?: string;
  crashes: number;
  warnings?: string[];
}

export interface Crash {
  /** Its index, as commands take it. */
  crash: number;
  cause: string;
  target?: string;
  time?: string;
  older?: boolean;
  message: string;
  /** Innermost first; inferred ones where no stack is known. */
  places: Place[];
  threads?: Thread[];
}

export interface Thread {
  name?: string;
  failed?: boolean;
  target?: string;
  /** console, failure_detail or heap_dump. */
  source?: string;
  /** Innermost first. */
  frames: Frame[];
}

export interface Frame {
  function: string;
  /** Absent for a builtin, and where the file is not in the workspace. */
  place?: Place;
  /** The file as Bazel printed it. */
  printed?: string;
  locals?: Local[];
}

export interface Local {
  name: string;
  type?: string;
  length?: number;
  shallow_bytes?: number;
  retained_bytes?: number;
}

export interface Place {
  uri: string;
  file: string;
  line: number;
  message: string;
}

export interface Suspect {
  rank: number;
  name: string;
  /** 0 to 1. */
  score: number;
  title: string;
  stale?: boolean;
  /** Several where it is not known which. */
  places: Place[];
  lines?: LineFigures[];
}

export interface LineFigures {
  uri: string;
  line: number;
  crash_frames?: number;
  allocated_bytes?: number;
}

/** A picture that the server can draw: plot/kinds.go. It announces all of them. */
export interface PlotKind {
  show: string;
  what: string;
  of: "series" | "profile" | "report";
}

export const nothing: Overview = { workspaces: [], crashes: [], suspects: [] };

/** A size in the server's own words: Bytes of quantity/quantity.go. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value < 9.995 ? 2 : 1;
  return `${rounded(value, digits)} ${units[unit]}`;
}

/** Rounds as Go does: what lies in the middle to the even side. */
function rounded(value: number, digits: number): number {
  const scaled = value * 10 ** digits;
  const below = Math.floor(scaled);
  const up = scaled - below > 0.5 || (scaled - below === 0.5 && below % 2 === 1);
  return (below + (up ? 1 : 0)) / 10 ** digits;
}
