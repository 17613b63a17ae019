import { columnOf, concatRows, selectColumns, type Table } from "../../data/table.ts";
import {
  type BinnedColumns,
  type BoostingModel,
  type BoostingOptions,
  fitBoosting,
  type Objective,
  predictBoosting,
} from "../../learners/trees/boosting.ts";
import type { RandomKey } from "../../random.ts";
import { encode, fitCodec } from "../../schema/encode.ts";
import { schemaOf, type TableSchema } from "../../schema/schema.ts";
import { labelCodes } from "./labels.ts";
import { type ClassSkill, classSkill, type NumberSkill, numberSkill, SKILLS } from "./skill.ts";
import type { Lesson, Student } from "./student.ts";

/** What is to be predicted: one of some classes, or a number. */
export type TableTarget =
  | { readonly kind: "class"; readonly classes: readonly string[]; readonly metric: ClassSkill }
  | { readonly kind: "number"; readonly metric: NumberSkill };

/** Boosted trees that predict one column from the others. What the columns mean is told; what is in them, only the lesson's rows say.
 *
 * Leaves grow larger with the rows, for 25 rows cannot bear what 20,000 can. Under "pretrain" the trees of the synthetic rows stay and trees of the
 * real ones follow. */
export function tableStudent(task: {
  readonly target: string;
  readonly predict: TableTarget;
  readonly schema: TableSchema;
}): Student {
  return {
    name: "boosted trees",
    metric: SKILLS[task.predict.metric],
    score(lesson) {
      const { target, schema } = task;
      const names = lesson.real.columns
        .map(({ name }) => name)
        .filter((name) => name !== target && isPredictor(schema, name));
      const both = lesson.synthetic ? concatRows([lesson.real, lesson.synthetic]) : lesson.real;
      const codec = fitCodec(both, schema, { names, bins: BINS });
      const codes = (table: Table): readonly Uint8Array[] => encode(selectColumns(table, names), codec).codes;
      const truth = targetOf(both, task);
      const train: BinnedColumns = {
        columns: codes(both),
        levels: codec.columns.map(({ levels }) => levels),
        ordered: codec.columns.map(({ ordered }) => ordered),
      };
      const model = fitArm({ train, lesson, truth, predict: task.predict });
      return lesson.tests.map((test) => {
        const predicted = predictBoosting(model, codes(test));
        if (task.predict.kind === "number")
          return numberSkill(
            predicted.map((value) => truth.mean + truth.spread * value),
            columnNumbers(test, target),
            task.predict.metric,
          );
        const classes = task.predict.classes.length;
        return classSkill(
          model.objective.kind === "softmax" ? predicted : bothChances(predicted),
          labelCodes(columnOf(test, target), task.predict.classes),
          { metric: task.predict.metric, classes },
        );
      });
    },
  };
}

const BINS = 64;

function isPredictor(schema: TableSchema, name: string): boolean {
  const { kind } = schemaOf(schema, name);
  return kind !== "identifier" && kind !== "text" && kind !== "constant";
}

/** Targets of the rows to learn from, NaN where there is none; numbers in units of `spread` around `mean`. */
interface Truth {
  readonly values: Float64Array;
  readonly mean: number;
  readonly spread: number;
}

function targetOf(table: Table, task: { readonly target: string; readonly predict: TableTarget }): Truth {
  if (task.predict.kind === "class") {
    const codes = labelCodes(columnOf(table, task.target), task.predict.classes);
    return { values: Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : code)), mean: 0, spread: 1 };
  }
  const values = columnNumbers(table, task.target);
  const known = values.filter(Number.isFinite);
  const mean = known.reduce((sum, y) => sum + y / known.length, 0);
  const spread = Math.sqrt(known.reduce((sum, y) => sum + (y - mean) ** 2 / known.length, 0)) || 1;
  return { values: values.map((y) => (Number.isFinite(y) ? (y - mean) / spread : Number.NaN)), mean, spread };
}

function columnNumbers(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  return column.type === "text" ? new Float64Array(table.rows).fill(Number.NaN) : column.values;
}

function fitArm(of: {
  readonly train: BinnedColumns;
  readonly lesson: Lesson;
  readonly truth: Truth;
  readonly predict: TableTarget;
}): BoostingModel {
  const { train, lesson, truth, predict } = of;
  const objective: Objective =
    predict.kind === "number"
      ? { kind: "squared-error" }
      : predict.classes.length === 2
        ? { kind: "logistic" }
        : { kind: "softmax", classes: predict.classes.length };
  const usable = (from: number, to: number): Uint32Array =>
    Uint32Array.from({ length: to - from }, (_, i) => from + i).filter((row) => !Number.isNaN(truth.values[row]));
  const fit = (rows: Uint32Array, from?: BoostingModel): BoostingModel =>
    fitBoosting({
      ...train,
      target: truth.values,
      objective,
      rows,
      from,
      options: treesFor(rows.length, objective, lesson.random.key),
    });
  const real = lesson.real.rows;
  const all = truth.values.length;
  if (lesson.arm === "mix" || all === real) return fit(usable(0, all));
  return fit(usable(0, real), fit(usable(real, all)));
}

/** With many classes every round grows as many trees: fewer rounds, with longer steps. */
function treesFor(rows: number, objective: Objective, key: RandomKey): Partial<BoostingOptions> {
  const trees = objective.kind === "softmax" ? Math.max(20, Math.round(150 / objective.classes)) : 100;
  const leaf = Math.min(20, Math.max(2, Math.round(rows / 40)));
  const brake = Math.min(10, rows / 40);
  return {
    trees,
    learningRate: Math.min(0.3, 10 / trees),
    leaves: Math.min(31, Math.max(4, Math.round(Math.sqrt(rows) / 4))),
    minLeafRows: leaf,
    minLevelRows: Math.min(10, leaf),
    levelSmoothing: brake,
    levelL2: brake,
    bins: BINS,
    columnShare: 0.5,
    key,
  };
}

/** Chances of both classes from that of the second. */
function bothChances(second: Float64Array): Float64Array {
  const out = new Float64Array(2 * second.length);
  second.forEach((chance, row) => {
    out[2 * row] = 1 - chance;
    out[2 * row + 1] = chance;
  });
  return out;
}
