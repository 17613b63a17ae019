import type { Table } from "../data/table.ts";
import type { Task } from "../executors/executor.ts";
import { localExecutor } from "../executors/local.ts";
import type { Arm } from "../hybrid/planner/pilot.ts";
import { type RandomKey, randomFrom } from "../random.ts";
import { type GeneratorDescription, generatorOf } from "./plan-generators.ts";
import { type StudentDescription, studentOf } from "./plan-students.ts";

// What worker threads do for a pilot. What fails comes back as a reason and not as an error: the cell is a hole, and the others go on.

export interface Failure {
  readonly failure: string;
}

export interface GenerateData {
  readonly generator: GeneratorDescription;
  readonly real: Table;
  readonly rows: number;
  readonly key: RandomKey;
}

export function generateTask(data: GenerateData): Task {
  return { module: import.meta.url, name: "generateRows", data };
}

/** Fits a generator to some real rows and draws from it. */
export async function generateRows(data: GenerateData): Promise<Table | Failure> {
  const executor = localExecutor();
  try {
    return await generatorOf(data.generator, executor).generate(data.real, data.rows, { random: randomFrom(data.key) });
  } catch (error) {
    return failed(error);
  } finally {
    await executor.close();
  }
}

export interface ScoreData {
  readonly student: StudentDescription;
  readonly real: Table;
  readonly synthetic: Table | null;
  readonly arm: Arm;
  readonly tests: readonly Table[];
  readonly key: RandomKey;
}

export function scoreTask(data: ScoreData): Task {
  return { module: import.meta.url, name: "scoreCell", data };
}

/** Trains a student and tests it: the metric on each test set. */
export function scoreCell(data: ScoreData): readonly number[] | Failure {
  try {
    return studentOf(data.student).score({ ...data, random: randomFrom(data.key) });
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): Failure {
  return { failure: error instanceof Error ? error.message : String(error) };
}
