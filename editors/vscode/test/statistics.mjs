// SPDX-License-Identifier: Apache-2.0

/** A quantile of some numbers. */
export const quantile = (all, q) => [...all].sort((a, b) => a - b)[Math.floor(q * (all.length - 1))];

/**
 * The ratio of two medians, with its 95 % interval. Keys of one round have the
 * machine's mood in common, so rounds are drawn anew (a bootstrap of clusters),
 * those of both sides together: they followed each other.
 */
export function interval(above, below, draws = 2000) {
  const ratio = (rounds) => quantile(rounds.flatMap((i) => above[i]), 0.5) / quantile(rounds.flatMap((i) => below[i]), 0.5);
  const all = above.map((_, i) => i);
  const next = random(1);
  const ratios = Array.from({ length: draws }, () => ratio(all.map(() => Math.floor(next() * all.length))));
  return { value: ratio(all), low: quantile(ratios, 0.025), high: quantile(ratios, 0.975) };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
