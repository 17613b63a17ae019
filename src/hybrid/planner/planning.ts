import type { Ranged } from "./answers.ts";
import { metricOf, type PilotMetric } from "./pilot.ts";
import type { PilotGrid } from "./pilot-grid.ts";
import { ranged } from "./ranged.ts";
import { lossAt, type ResponseSurface, standIn } from "./surface.ts";
import type { FittedSurface, Surfaces } from "./surfaces-of.ts";

/** What every answer is drawn from. */
export interface Planning {
  readonly grid: PilotGrid;
  readonly surfaces: Surfaces;
  readonly metric: PilotMetric;
  readonly level: number;
  readonly smallestReal: number;
  readonly largestReal: number;
  /** Most synthetic rows for a real one that were tried; 0 where none were. */
  readonly largestMultiple: number;
  /** Real rows, or what stands for them, beyond which nothing is said. */
  readonly reach: number;
}

/** As far as a fitted curve is followed: on Adult the measurement lay inside the interval at twice the largest size, at its edge at four times, outside at eight. */
const FURTHEST = 4;

/** Gathers what all answers need. */
export function planningOf(
  grid: PilotGrid,
  of: { readonly surfaces: Surfaces; readonly metric: PilotMetric; readonly level: number },
): Planning {
  const sizes = grid.cells.map(({ real }) => real);
  const effective = grid.cells.map(
    ({ real, synthetic }) => real * (1 + Math.max(0, standIn(of.surfaces.plan.point, synthetic / real))),
  );
  return {
    grid,
    ...of,
    smallestReal: Math.min(...sizes),
    largestReal: Math.max(...sizes),
    largestMultiple: grid.multiples.at(-1) ?? 0,
    reach: FURTHEST * Math.max(...effective),
  };
}

/** A number for the surface that is planned with, or for another one, as measured, with the interval of those as redrawn. */
export function answer(
  { surfaces, level }: Planning,
  value: (surface: ResponseSurface) => number,
  of: FittedSurface = surfaces.plan,
): Ranged {
  return ranged(value(of.point), of.draws.map(value), level);
}

/** The metric that the surface says of some rows, with its interval. */
export function expected(planning: Planning, rows: { readonly real: number; readonly synthetic: number }): Ranged {
  const { metric, surfaces } = planning;
  const of = rows.synthetic > 0 ? (surfaces.mixed ?? surfaces.plan) : surfaces.plan;
  return answer(planning, (surface) => metricOf(metric, lossAt(surface, rows)), of);
}

/** Numbers from `low` to `high` in equal ratios, both ends among them. */
export function geometric(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  return Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
}
