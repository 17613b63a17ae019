import { type Column, concatRows, type Table, tableOf } from "../../data/table.ts";
import { fitCodec } from "../../schema/encode.ts";
import type { TableSchema } from "../../schema/schema.ts";
import type { MetricInput, Trial } from "../metric.ts";
import type { CopyTestInput } from "./plant.ts";
import { isTrialMark, trialMark } from "./trial-mark.ts";

/** Several trials as one: all rows together, and columns that keep each trial to itself, as many as the others together and one more, so that a row
 * of another trial is never nearest. Counts of several trials add up in it; each row is an exchangeable unit in each trial. As the same real
 * row is on the training side of some trials and in the holdout of another, its votes vary less than independent ones would, and the tests are
 * at least as sure as they say.
 * @returns the release itself where there is one trial; no holdout where there is none */
export function poolTrials(input: MetricInput, names?: readonly string[]): CopyTestInput {
  const { schema, trials } = input;
  const [first] = trials;
  const cut = (table: Table): Table =>
    names
      ? tableOf(
          table.columns.filter(({ name }) => names.includes(name)),
          table.rows,
        )
      : table;
  if (!first) return { ...input, train: cut(input.train), holdout: undefined, synthetic: cut(input.synthetic) };
  if (trials.length === 1) {
    const train = cut(first.train);
    const holdout = cut(first.holdout);
    const codec = names ? fitCodec(concatRows([train, holdout]), schema) : input.codec;
    return { ...input, train, holdout, synthetic: cut(first.synthetic), entities: first.entities, codec };
  }
  const parts = trials.map((trial, i) => marked(trial, cut, `trial ${i + 1}`));
  const train = concatRows(parts.map((part) => part.train));
  const holdout = concatRows(parts.map((part) => part.holdout));
  const marks = train.columns.filter(isTrialMark);
  const pooledSchema: TableSchema = {
    ...schema,
    columns: [
      ...schema.columns,
      ...marks.map(({ name }) => ({ name, kind: "categorical" as const, type: "text" as const, evidence: [] })),
    ],
  };
  return {
    ...input,
    train,
    holdout,
    synthetic: concatRows(parts.map((part) => part.synthetic)),
    entities: first.entities && {
      train: entitiesOf(trials, "train"),
      holdout: entitiesOf(trials, "holdout"),
    },
    schema: pooledSchema,
    codec: fitCodec(concatRows([train, holdout]), pooledSchema),
  };
}

function marked(
  trial: Trial,
  cut: (table: Table) => Table,
  label: string,
): Pick<Trial, "train" | "holdout" | "synthetic"> {
  const mark = (whole: Table): Table => {
    const table = cut(whole);
    const marks = Array.from(
      { length: table.columns.length + 1 },
      (_, i): Column => ({
        name: trialMark(i),
        type: "text",
        storage: "text",
        dictionary: [label],
        codes: new Int32Array(table.rows),
      }),
    );
    return tableOf([...table.columns, ...marks], table.rows);
  };
  return { train: mark(trial.train), holdout: mark(trial.holdout), synthetic: mark(trial.synthetic) };
}

/** A person is another unit in every trial. */
function entitiesOf(trials: readonly Trial[], side: "train" | "holdout"): Int32Array {
  const all = trials.flatMap((trial, i) =>
    Array.from((trial.entities as NonNullable<Trial["entities"]>)[side], (entity) => entity * trials.length + i),
  );
  return Int32Array.from(all);
}
