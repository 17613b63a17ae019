import type { PilotDesign } from "../hybrid/planner/design.ts";
import type { PlanSetup } from "./plan-setup.ts";

/** What a pilot takes. */
export interface PlanWork {
  readonly seeds: number;
  /** Generators that are fitted, or asked. */
  readonly fits: number;
  /** Students that are trained. */
  readonly trainings: number;
}

/** Fits of the generator and trainings of the student. */
export function workOf(design: PilotDesign): PlanWork {
  return {
    seeds: design.seeds.length,
    fits: design.draws.filter(({ synthetic }) => synthetic > 0).length,
    trainings: design.draws.reduce((sum, { cells }) => sum + cells.length, 0),
  };
}

/** What is about to be done, before it is. */
export function workInWords(setup: PlanSetup): string {
  const { fits, trainings, seeds } = workOf(setup.design);
  return `${setup.design.sizes.length} real sizes, ${seeds} draws of each: ${fits} fits of ${setup.generatorName}, ${trainings} trainings of ${setup.studentName}`;
}
