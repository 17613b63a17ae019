import type { PlanAnswers } from "../../../hybrid/planner/answers.ts";

/** What the page of a plan shows. */
export interface PlanPage {
  readonly version: string;
  /** What was planned for: the name of the data or of the grid's file. */
  readonly title: string;
  readonly answers: PlanAnswers;
  readonly seed: number;
  /** What was read and how the pilot was run, in the order of the table: ["Student", "boosted trees"], ["Real test set", "frozen.csv, 2000 rows, SHA-256 …"]. */
  readonly facts: readonly (readonly [what: string, value: string])[];
}

/** One HTML file that loads nothing and runs nothing of its own; the same input gives the same bytes. */
export function renderPlanPage(_page: PlanPage): Promise<string> {
  throw new Error("not yet");
}
