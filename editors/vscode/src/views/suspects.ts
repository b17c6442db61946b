// SPDX-License-Identifier: Apache-2.0

// Suspects by rank; one of several possible definitions hangs below its name.

import type { Suspect } from "../server/overview";
import { icon, type Node, opening } from "./nodes";

export function suspectNodes(suspects: readonly Suspect[]): Node[] {
  return [...suspects].sort((a, b) => a.rank - b.rank).map(suspectNode);
}

function suspectNode(suspect: Suspect): Node {
  const [first, ...others] = suspect.places;
  const { place, argument } = { place: first, argument: evidenceOf(suspect) };
  return {
    label: `#${suspect.rank} ${suspect.name}`,
    description: [place && `${place.file}:${place.line}`, `score ${suspect.score.toFixed(2)}`, suspect.stale && "stale"].filter(Boolean).join(" · "),
    tooltip: suspect.title,
    icon: icon(...heat(suspect.score)),
    context: "suspect",
    argument,
    command: opening(place),
    children:
      others.length === 0
        ? []
        : suspect.places.map((p) => ({ label: `${p.file}:${p.line}`, description: "one of several", icon: icon("question"), command: opening(p) })),
  };
}

/** The argument by which the server finds the function again. */
export function evidenceOf(suspect: Suspect): object {
  const place = suspect.places[0];
  return place ? { function: suspect.name, file: place.uri, line: place.line } : { function: suspect.name };
}

function heat(score: number): [string, string] {
  if (score >= 0.7) return ["flame", "list.errorForeground"];
  if (score >= 0.5) return ["flame", "list.warningForeground"];
  return ["flame", "descriptionForeground"];
}
