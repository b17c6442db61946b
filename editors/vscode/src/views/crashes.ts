// SPDX-License-Identifier: Apache-2.0

// Crash → thread → frame → local. Where no stack is known, the places that
// activity points at hang below the crash itself.

import { bytesText, type Crash, type Frame, type Local, type Thread } from "../server/overview";
import { ago, icon, type Node, opening } from "./nodes";

export function crashNodes(crashes: readonly Crash[]): Node[] {
  return crashes.map(crashNode);
}

function crashNode(crash: Crash): Node {
  const threads = crash.threads ?? [];
  const place = crash.places[0];
  const inferred = threads.length === 0;
  return {
    label: place ? place.message.split(/[ ,(]/, 1)[0] || place.file : crash.cause.replaceAll("_", " "),
    description: [place && `${place.file}:${place.line}`, inferred && place && "inferred", ago(crash.time)].filter(Boolean).join(" · "),
    tooltip: [crash.message, crash.target && `while evaluating ${crash.target}`, crash.time].filter(Boolean).join("\n"),
    icon: crash.older ? icon("history") : icon("flame", "list.errorForeground"),
    context: "crash",
    argument: { crash: crash.crash },
    command: opening(place),
    expanded: crash.crash === 0,
    children: inferred
      ? crash.places.map((p) => ({
          label: `${p.file}:${p.line}`,
          description: p.message,
          tooltip: p.message,
          icon: icon("question"),
          command: opening(p),
        }))
      : [...threads].sort((a, b) => Number(b.failed ?? false) - Number(a.failed ?? false)).map(threadNode),
  };
}

function threadNode(thread: Thread): Node {
  return {
    label: thread.name || "thread",
    description: [thread.failed && "failed", thread.target].filter(Boolean).join(" · "),
    tooltip: thread.source ? `read from the ${thread.source.replaceAll("_", " ")}` : undefined,
    icon: thread.failed ? icon("error", "list.errorForeground") : icon("debug-stackframe-dot"),
    expanded: thread.failed ?? false,
    children: thread.frames.map(frameNode),
  };
}

function frameNode(frame: Frame, index: number): Node {
  const at = frame.place ? `${frame.place.file}:${frame.place.line}` : (frame.printed ?? "");
  return {
    label: frame.function,
    description: at,
    icon: frame.place ? icon(index === 0 ? "debug-stackframe-focused" : "debug-stackframe") : icon("symbol-method"),
    command: opening(frame.place),
    expanded: index < 2,
    children: [...(frame.locals ?? [])].sort((a, b) => weight(b) - weight(a)).map((l) => localNode(l, frame)),
  };
}

function weight(local: Local): number {
  return Math.max(local.retained_bytes ?? 0, local.shallow_bytes ?? 0);
}

function localNode(local: Local, frame: Frame): Node {
  const bytes = weight(local);
  const length = local.length ? `length ${local.length.toLocaleString()}` : "";
  return {
    label: local.name,
    description: [bytes > 0 && bytesText(bytes), local.type, length].filter(Boolean).join(" · "),
    icon: icon("symbol-variable"),
    command: opening(frame.place),
  };
}
