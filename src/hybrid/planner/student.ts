import type { Table } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import type { Arm, PilotMetric } from "./pilot.ts";

/** Rows that a student of one cell learns from, and real rows it is tested on. */
export interface Lesson {
  readonly real: Table;
  /** Null: none. Same columns as the real rows. */
  readonly synthetic: Table | null;
  readonly arm: Arm;
  /** The frozen test set, and the shifted one where there is one. */
  readonly tests: readonly Table[];
  readonly random: Random;
}

/** Learns a task and is tested on it. */
export interface Student {
  readonly name: string;
  readonly metric: PilotMetric;
  /** @returns the metric on each test set, in their order */
  score(lesson: Lesson): readonly number[];
}

/** Makes synthetic rows out of the real rows of one cell, and of nothing else. */
export interface PilotGenerator {
  readonly name: string;
  /** @returns exactly `rows` rows with the columns of `real` */
  generate(
    real: Table,
    rows: number,
    options: { readonly random: Random; readonly signal?: AbortSignal | undefined },
  ): Promise<Table>;
}
