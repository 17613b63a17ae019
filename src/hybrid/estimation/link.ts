import type { Family } from "./sample.ts";

/** How the mean of an outcome follows from x·β: as it is, by the logistic function, by the exponential. */
export type Link = "identity" | "logit" | "log";

/** The canonical link of a family; a mean is a regression on a column of ones. Null for a quantile, whose moments have no slope. */
export function linkOf(family: Family): Link | null {
  if (family.kind === "quantile") return null;
  if (family.kind === "logistic") return "logit";
  return family.kind === "poisson" ? "log" : "identity";
}

/** The mean of an outcome at x·β. */
export function meanAt(link: Link, linear: number): number {
  if (link === "identity") return linear;
  return link === "logit" ? 1 / (1 + Math.exp(-linear)) : Math.exp(linear);
}

/** How fast that mean grows, given the mean itself. */
export function slopeAt(link: Link, mean: number): number {
  if (link === "identity") return 1;
  return link === "logit" ? mean * (1 - mean) : mean;
}
