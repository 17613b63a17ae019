import type { CodeEvidence } from "../learners/code-rows.ts";
import { type RandomKey, randomFrom } from "../random.ts";
import type { ColumnCondition } from "../schema/column-condition.ts";
import type { ColumnPlan } from "./cells/columns.ts";
import { type Cells, drawCells } from "./cells/draw-cells.ts";
import { piecesOf } from "./cells/pieces.ts";

/** A learner's functions, by the module that exports them: what a thread can be told. */
export interface LearnerFunctions {
  readonly module: string;
  /** Draws rows of codes given evidence; with `accepted`, only those rows count. */
  readonly draw: string;
  /** Log probability of evidence; absent: the learner cannot say. */
  readonly logEvidence?: string;
}

export interface DrawData {
  readonly learner: LearnerFunctions;
  readonly model: unknown;
  readonly plans: readonly ColumnPlan[];
  readonly conditions: readonly (ColumnCondition | undefined)[];
  readonly evidence: CodeEvidence;
  readonly rows: number;
  readonly key: RandomKey;
}

export interface Drawn {
  readonly cells: readonly Cells[];
  /** Rows drawn for those kept; kept < rows: too few met the conditions. */
  readonly drawn: number;
  readonly kept: number;
}

type DrawFunction = (data: {
  readonly model: unknown;
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly key: RandomKey;
}) => readonly Uint8Array[] | { readonly codes: readonly Uint8Array[]; readonly accepted: Uint8Array };

/** Draws of which fewer than one in so many are kept are given up. */
const MOST_TRIES = 2000;

/** Draws one chunk of rows: codes from the learner, then a cell for each. */
export async function drawChunk(data: DrawData): Promise<Drawn> {
  const { learner, model, plans, evidence, rows } = data;
  const random = randomFrom(data.key);
  const module = (await import(learner.module)) as Record<string, unknown>;
  const draw = module[learner.draw] as DrawFunction;
  const codes = plans.map(() => new Uint8Array(rows));
  const batch = Math.max(rows, 4096);
  let drawn = 0;
  let kept = 0;
  for (let part = 0; kept < rows; part++) {
    const got = draw({ model, rows: part === 0 ? rows : batch, evidence, key: random.split("rows").split(part).key });
    const accepted = "accepted" in got ? got.accepted : undefined;
    const made = "accepted" in got ? got.codes : got;
    const n = part === 0 ? rows : batch;
    drawn += n;
    if (!accepted) {
      made.forEach((column, j) => {
        (codes[j] as Uint8Array).set(column.subarray(0, rows));
      });
      kept = rows;
      break;
    }
    // Rows of known cells have places of their own: none can be drawn for another.
    if (evidence.given && accepted.includes(0)) throw new Error(`${learner.draw} gave up rows whose cells are known`);
    for (let row = 0; row < n && kept < rows; row++) {
      if (!accepted[row]) continue;
      for (let j = 0; j < made.length; j++) (codes[j] as Uint8Array)[kept] = (made[j] as Uint8Array)[row] as number;
      kept++;
    }
    if (drawn >= MOST_TRIES * Math.max(kept, 1000)) break;
  }
  const cells = plans.map((plan, j) =>
    drawCells(plan, (codes[j] as Uint8Array).subarray(0, kept), {
      pieces: piecesOf(plan, data.conditions[j]),
      condition: data.conditions[j],
      random: random.split("cells").split(j),
    }),
  );
  return { cells, drawn, kept };
}

type LogEvidenceFunction = (data: {
  readonly model: unknown;
  readonly rows: number;
  readonly evidence: CodeEvidence;
}) => Float64Array;

/** Log probability of evidence, row by row. */
export async function logEvidence(data: {
  readonly learner: LearnerFunctions;
  readonly model: unknown;
  readonly evidence: CodeEvidence;
  readonly rows: number;
}): Promise<Float64Array> {
  const module = (await import(data.learner.module)) as Record<string, unknown>;
  return (module[data.learner.logEvidence as string] as LogEvidenceFunction)(data);
}
