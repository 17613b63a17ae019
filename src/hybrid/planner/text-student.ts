import { columnOf, concatRows, type Table } from "../../data/table.ts";
import { InvalidArgument, InvalidData } from "../../errors.ts";
import { fitNGrams, nGramRows } from "../../learners/text/n-gram-features.ts";
import { fitSoftmax, predictSoftmax, type SoftmaxRegression } from "../../learners/text/softmax-regression.ts";
import { besideEachOther, pairRows, type SparseRows } from "../../learners/text/sparse-rows.ts";
import type { Random } from "../../random.ts";
import type { PilotMetric } from "./pilot.ts";
import type { Lesson, Student } from "./student.ts";

/** What a student of texts learns. */
export interface TextTask {
  /** One column of text; two are a pair, as [u, v, |u − v|, u · v]; more stand side by side. */
  readonly text: readonly string[];
  readonly target: string;
  readonly features: "n-grams";
  /** The labels that may occur; those of test rows that are not among them are always missed. Default: those of the lesson's training rows. */
  readonly classes?: readonly string[] | undefined;
}

/** Words and pairs of words under a multinomial logistic regression, of which the accuracy counts.
 *
 * Under "pretrain" the words are those of the synthetic and the real rows; the weights of the real rows are drawn towards those learnt from
 * the synthetic ones instead of towards 0. */
export function textStudent(task: TextTask): Student {
  return {
    name: "n-grams, multinomial logistic regression",
    metric: ACCURACY,
    score(lesson) {
      const { features, real, synthetic, classes } = prepared(lesson, task);
      const model = learned({ real, synthetic, classes: classes.length, arm: lesson.arm, random: lesson.random });
      return lesson.tests.map((test) => {
        const truth = labelsOf(test, task.target);
        const chances = predictSoftmax(model, features(test));
        let hits = 0;
        truth.forEach((label, row) => {
          const own = chances.subarray(row * classes.length, (row + 1) * classes.length);
          if (classes[own.indexOf(Math.max(...own))] === label) hits++;
        });
        return hits / truth.length;
      });
    },
  };
}

const ACCURACY: PilotMetric = { name: "accuracy", better: "higher", perfect: 1 };
/** Numbers that are learnt at most: bounds time and memory for many classes and long texts. */
const MOST_WEIGHTS = 2_000_000;
/** One value for all sizes: between 3 and 30 the accuracy on short texts hardly changes. */
const SLACK = 10;

interface Labelled {
  readonly rows: SparseRows;
  readonly truth: Int32Array;
}

function prepared(
  lesson: Lesson,
  task: TextTask,
): {
  readonly features: (table: Table) => SparseRows;
  readonly real: Labelled;
  readonly synthetic: Labelled | null;
  readonly classes: readonly string[];
} {
  if (task.text.length === 0) throw new InvalidArgument("no-text", "Nobody said which columns are texts.");
  const both = lesson.synthetic ? concatRows([lesson.real, lesson.synthetic]) : lesson.real;
  const classes = task.classes ?? [...new Set(labelsOf(both, task.target))].filter((label) => label !== null).sort();
  const factor = task.text.length === 2 ? 4 : task.text.length;
  const grams = fitNGrams(
    task.text.flatMap((name) => textsOf(both, name)),
    { most: Math.max(1000, Math.floor(MOST_WEIGHTS / (Math.max(1, classes.length) * factor))) },
  );
  const features = (table: Table): SparseRows => {
    const parts = task.text.map((name) => nGramRows(textsOf(table, name), grams));
    const [u, v] = parts;
    if (parts.length === 2 && u && v) return pairRows(u, v);
    return parts.length === 1 && u ? u : besideEachOther(parts);
  };
  const places = new Map(classes.map((label, code) => [label, code]));
  const labelled = (table: Table): Labelled => ({
    rows: features(table),
    truth: Int32Array.from(labelsOf(table, task.target), (label) => (label === null ? -1 : (places.get(label) ?? -1))),
  });
  return {
    features,
    real: labelled(lesson.real),
    synthetic: lesson.synthetic && labelled(lesson.synthetic),
    classes,
  };
}

function learned(from: {
  readonly real: Labelled;
  readonly synthetic: Labelled | null;
  readonly classes: number;
  readonly arm: Lesson["arm"];
  readonly random: Random;
}): SoftmaxRegression {
  const { real, synthetic, classes, arm, random } = from;
  const fit = (parts: readonly Labelled[], prior?: SoftmaxRegression): SoftmaxRegression => {
    const { rows, truth } = stacked(parts);
    return fitSoftmax(rows, truth, { classes, slack: SLACK, prior, random });
  };
  if (!synthetic) return fit([real]);
  if (arm === "mix") return fit([real, synthetic]);
  return fit([real], fit([synthetic]));
}

/** One below the other, without the rows that have no label. */
function stacked(parts: readonly Labelled[]): Labelled {
  const starts: number[] = [0];
  const columns: number[] = [];
  const values: number[] = [];
  const truth: number[] = [];
  for (const { rows, truth: labels } of parts)
    labels.forEach((label, row) => {
      if (label < 0) return;
      for (let k = rows.starts[row] as number; k < (rows.starts[row + 1] as number); k++) {
        columns.push(rows.columns[k] as number);
        values.push(rows.values[k] as number);
      }
      starts.push(columns.length);
      truth.push(label);
    });
  if (truth.length === 0)
    throw new InvalidData("no-labels", "No training row has a label.", {
      advice: "Check the column that --target names.",
    });
  return {
    rows: {
      rows: truth.length,
      width: parts[0]?.rows.width ?? 0,
      starts: Uint32Array.from(starts),
      columns: Uint32Array.from(columns),
      values: Float64Array.from(values),
    },
    truth: Int32Array.from(truth),
  };
}

/** A missing text has no words. */
function textsOf(table: Table, name: string): readonly string[] {
  const column = columnOf(table, name);
  if (column.type === "text") return Array.from(column.codes, (code) => column.dictionary[code] ?? "");
  throw new InvalidArgument("no-text", `Column "${name}" holds ${column.type}s; want texts.`, {
    advice: "Name a column of text with --text.",
  });
}

function labelsOf(table: Table, name: string): readonly (string | null)[] {
  const column = columnOf(table, name);
  if (column.type === "text") return Array.from(column.codes, (code) => column.dictionary[code] ?? null);
  return Array.from(column.values, (value) => (Number.isNaN(value) ? null : String(value)));
}
