import type { Score } from "./metric.ts";

/** Significant digits of a score that leaves the house: a number at full precision answers more about single rows than it tells a reader. */
const DIGITS = 4;

/** The scores with every number that is not whole at four significant digits; decisions are made of these, so that they can be made again. */
export function roundScores(scores: readonly Score[]): readonly Score[] {
  return scores.map((score) => rounded(score) as Score);
}

function rounded(value: unknown): unknown {
  if (typeof value === "number")
    return Number.isInteger(value) || !Number.isFinite(value) ? value : Number(value.toPrecision(DIGITS));
  if (Array.isArray(value)) return value.map(rounded);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
}
