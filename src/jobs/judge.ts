import { concatRows, selectColumns, type Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import type { Executor } from "../executors/executor.ts";
import { framesOf } from "../metrics/frames.ts";
import { metrics } from "../metrics/index.ts";
import { isMeasured, type MetricInput, type Score, type Trial } from "../metrics/metric.ts";
import { decide } from "../policy/decide.ts";
import type { Decision } from "../policy/decision.ts";
import { alphaPerTest, type Policy } from "../policy/policy.ts";
import type { Random } from "../random.ts";
import { fitCodec } from "../schema/encode.ts";
import type { Purpose } from "../schema/purpose.ts";
import { schemaOf, type TableSchema } from "../schema/schema.ts";
import type { JobEvents, JobResult } from "./job.ts";

/** Rows a side on which the quality metrics are measured: an interval narrower than these give would decide nothing more. */
const QUALITY_ROWS = 20_000;

export interface JudgeInput {
  readonly train: Table;
  readonly holdout: Table | undefined;
  readonly synthetic: Table;
  readonly schema: TableSchema;
  readonly policy: Policy;
  /** Columns drawn independently of each other by the `independent` synthesizer; absent: training columns permuted. */
  readonly floor?: Table | undefined;
  readonly entities?: MetricInput["entities"];
  readonly purpose: Purpose;
  /** Refits of the procedure on folds, where the procedure is judged and not the one release. */
  readonly folds?: readonly Trial[] | undefined;
  readonly seed: number;
  readonly random: Random;
  readonly executor: Executor;
  readonly events: JobEvents;
  readonly signal: AbortSignal | undefined;
}

/** Measures a synthetic table by every metric and decides by the policy. Of identifiers and free text only whether
 * they were made anew is measured, of dropped columns nothing. */
export async function judge(
  input: JudgeInput,
): Promise<{ readonly scores: readonly Score[]; readonly decision: Decision }> {
  const { schema, policy, random, executor, events, signal } = input;
  const names = judgedColumns(input.train, schema);
  const train = selectColumns(input.train, names);
  const holdout = input.holdout && selectColumns(input.holdout, names);
  const synthetic = selectColumns(input.synthetic, names);
  const codec = fitCodec(holdout ? concatRows([train, holdout]) : train, schema);
  const floor = input.floor && selectColumns(input.floor, names);
  const frames = framesOf(
    { train, holdout, synthetic, codec, floor },
    { maxRows: QUALITY_ROWS, random: random.split("frames") },
  );
  const common = {
    train,
    holdout,
    synthetic,
    unmodelled: unmodelledOf(input),
    schema,
    codec,
    frames,
    entities: input.entities,
    purpose: input.purpose,
    trials: trialsOf(input, names),
    level: policy.level,
    alpha: alphaPerTest(policy),
    seed: input.seed,
    executor,
    signal,
  };
  const scores: Score[] = [];
  events.phase?.("judge", `${names.length} columns, ${frames.reference.rows} rows a side`);
  for (const metric of metrics) {
    throwIfCancelled(signal);
    scores.push(await metric.measure({ ...common, random: random.split("metrics").split(metric.name) }));
    events.progress?.(scores.length, metrics.length, undefined);
  }
  return { scores, decision: decide(policy, scores) };
}

/** What the privacy metrics look at. */
function trialsOf(input: JudgeInput, names: readonly string[]): readonly Trial[] {
  const { train, holdout, synthetic, entities } = input;
  const trials = input.folds ?? (holdout ? [{ train, holdout, synthetic, ...(entities ? { entities } : {}) }] : []);
  return trials.map((trial) => ({
    ...trial,
    train: selectColumns(trial.train, names),
    holdout: selectColumns(trial.holdout, names),
    synthetic: selectColumns(trial.synthetic, names),
  }));
}

/** The identifiers and free texts that the synthetic table has a column for. */
function unmodelledOf(input: JudgeInput): MetricInput["unmodelled"] {
  const { train, holdout, synthetic, schema } = input;
  const released = new Set(synthetic.columns.map(({ name }) => name));
  const names = train.columns
    .map(({ name }) => name)
    .filter((name) => {
      const { kind } = schemaOf(schema, name);
      return (kind === "identifier" || kind === "text") && released.has(name);
    });
  return names.length === 0
    ? undefined
    : {
        train: selectColumns(train, names),
        holdout: holdout && selectColumns(holdout, names),
        synthetic: selectColumns(synthetic, names),
      };
}

/** Columns that carry modelled content. */
export function judgedColumns(table: Table, schema: TableSchema): string[] {
  return table.columns
    .map((column) => column.name)
    .filter((name) => {
      const { kind, drop } = schemaOf(schema, name);
      return !drop && kind !== "identifier" && kind !== "text";
    });
}

/** The five numbers that matter. */
export function headlineOf(scores: readonly Score[]): JobResult["headline"] {
  const measured = (name: string) => {
    const score = scores.find((item) => item.metric === name);
    return score && isMeasured(score) ? score : undefined;
  };
  const pairs = measured("pair-accuracy");
  const lost = measured("categories-lost")?.details?.commonest as
    | { column: string; expected: number }
    | null
    | undefined;
  return {
    pairs: pairs?.ceiling ? { value: pairs.value, ceiling: pairs.ceiling.value } : null,
    twoSample: measured("two-sample")?.value ?? null,
    trainOnSynthetic: measured("train-on-synthetic")?.value ?? null,
    excessCopies: measured("exact-copies")?.value ?? null,
    commonestCategoryLost: lost ? { column: lost.column, expected: lost.expected } : null,
  };
}
