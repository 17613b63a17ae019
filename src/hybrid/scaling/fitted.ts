import { type LawFit, lawFitter } from "./fit-law.ts";
import type { LawKind } from "./law.ts";
import type { ScalingPoints } from "./points.ts";

/** Points and the law through them. */
export interface FittedLaw extends LawFit {
  readonly sizes: Float64Array;
  readonly losses: Float64Array;
  readonly largest: number;
  readonly smallest: number;
  /** Where Huber's loss turns from squares to sizes, in log loss. */
  readonly huber: number;
  /** Standard deviation of log losses about the law, whatever a few outliers do. */
  readonly scatter: number;
  /** Points − parameters. */
  readonly degreesOfFreedom: number;
}

/** Huber's loss turns linear here at least: a hundredth of the loss. */
export const HUBER = 0.01;

/** 95 % efficient for a normal scatter. */
const HUBER_PER_SCATTER = 1.345;

/** Fits a law; where the points scatter more than a hundredth, Huber's loss turns linear at 1.345 standard deviations instead, so that ordinary
 * scatter counts by its square. */
export function fitPoints(points: Pick<ScalingPoints, "sizes" | "losses">, kind: LawKind): FittedLaw {
  const { sizes, losses } = points;
  const fitter = lawFitter(sizes);
  const parameters = kind === "rectified" ? 4 : 3;
  const degreesOfFreedom = sizes.length - parameters;
  const first = fitter(losses, { kind, huber: HUBER });
  const huber = Math.max(HUBER, HUBER_PER_SCATTER * scatterOf(first.residuals, degreesOfFreedom));
  const fit = huber === HUBER ? first : fitter(losses, { kind, huber });
  return {
    ...fit,
    sizes,
    losses,
    largest: sizes.reduce((a, b) => Math.max(a, b), 0),
    smallest: sizes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    huber,
    scatter: scatterOf(fit.residuals, degreesOfFreedom),
    degreesOfFreedom,
  };
}

/** Akaike's criterion with its small-sample correction; null: too few points for it. Lower is better.
 * @source Hurvich & Tsai (1989), Biometrika 76; the scatter counts as a parameter */
export function aiccOf(fit: FittedLaw): number | null {
  const n = fit.sizes.length;
  const k = n - fit.degreesOfFreedom + 1;
  if (n - k - 1 <= 0) return null;
  return n * Math.log(Math.max(fit.cost, 1e-30) / n) + 2 * k + (2 * k * (k + 1)) / (n - k - 1);
}

/** The median absolute residual as a standard deviation, with the parameters paid for. */
function scatterOf(residuals: Float64Array, degreesOfFreedom: number): number {
  const sizes = residuals.map(Math.abs).sort();
  const n = sizes.length;
  const median = ((sizes[(n - 1) >> 1] as number) + (sizes[n >> 1] as number)) / 2;
  return 1.4826 * median * Math.sqrt(n / Math.max(1, degreesOfFreedom));
}
