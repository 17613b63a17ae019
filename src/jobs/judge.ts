import { concatRows, selectColumns, type Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import type { Executor } from "../executors/executor.ts";
import { framesOf } from "../metrics/frames.ts";
import { metrics } from "../metrics/index.ts";
import { isMeasured, type Metric, type MetricInput, type Score, type Shadows, type Trial } from "../metrics/metric.ts";
import { roundScores } from "../metrics/rounding.ts";
import { decide } from "../policy/decide.ts";
import type { Decision } from "../policy/decision.ts";
import { identifierOf } from "../policy/expression.ts";
import type { Facts } from "../policy/facts.ts";
import { alphaOf, metricsOfHardRules, type Policy } from "../policy/policy.ts";
import type { Random } from "../random.ts";
import { fitCodec } from "../schema/encode.ts";
import type { Purpose } from "../schema/purpose.ts";
import { schemaOf, type TableSchema } from "../schema/schema.ts";
import { constraintNotices } from "./constraint-notices.ts";
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
  /** Tables that the rows refer to, where they are given. */
  readonly parents?: MetricInput["parents"];
  /** Runs so far that measured the same real rows, this one included. */
  readonly queries?: number | undefined;
  /** The guarantee that the release has; absent: none. */
  readonly privacy?: Facts["privacy"] | undefined;
  /** What the table was learnt from; absent: nobody knows. */
  readonly lineage?: Facts["lineage"] | undefined;
  /** Refits of the procedure on folds, where the procedure is judged and not the one release. */
  readonly folds?: readonly Trial[] | undefined;
  /** Refits on halves of the people, of the judged columns, where they were asked for. */
  readonly shadows?: Shadows | undefined;
  /** Measure only what a hard rule looks at: enough for the decision, too little for a report. */
  readonly hardRulesOnly?: boolean | undefined;
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
    parents: input.parents,
    trials: trialsOf(input, names),
    shadows: input.shadows,
    level: policy.level,
    seed: input.seed,
    executor,
    signal,
  };
  const scores: Score[] = [];
  events.phase?.("judge", `${names.length} columns, ${frames.reference.rows} rows a side`);
  const hard = metricsOfHardRules(policy);
  const wanted = input.hardRulesOnly
    ? [...metrics.filter(({ name }) => hard.has(identifierOf(name)))].sort((a, b) => costOf(a) - costOf(b))
    : metrics;
  for (const metric of wanted) {
    throwIfCancelled(signal);
    scores.push(
      await metric.measure({
        ...common,
        alpha: alphaOf(policy, metric.name),
        random: random.split("metrics").split(metric.name),
      }),
    );
    events.progress?.(scores.length, wanted.length, undefined);
    // A hard rule that fails refuses, whatever the rest would say.
    if (input.hardRulesOnly && decide(policy, roundScores(scores), factsOf(input)).decision === "refuse") break;
  }
  const published = roundScores(scores);
  for (const notice of constraintNotices(published)) events.notice?.(notice);
  return { scores: published, decision: decide(policy, published, factsOf(input)) };
}

/** Dearest last: what refuses without them spares them. */
function costOf({ name, family }: Metric): number {
  return name === "two-sample" || family === "utility" ? 2 : family === "privacy" ? 1 : 0;
}

/** What rules may ask beside scores. The count of queries is told only to a policy that asks, for it differs from run to run. */
function factsOf(input: JudgeInput): Facts {
  const { purpose, policy, train, holdout, synthetic } = input;
  const asked = policy.rules.some(({ pass, fail }) => [...pass.paths, ...fail.paths].includes("queries"));
  return {
    declared: {
      target: purpose.target !== undefined,
      survival: purpose.survival !== undefined,
      analyses: purpose.analyses.length,
      quasiIdentifiers: purpose.quasiIdentifiers,
      sensitive: purpose.sensitive,
      protectedAttributes: purpose.protectedAttributes,
      population: purpose.population ?? null,
    },
    rows: { train: train.rows, holdout: holdout?.rows ?? 0, synthetic: synthetic.rows },
    judged: input.folds ? "procedure" : "release",
    queries: asked ? (input.queries ?? null) : null,
    privacy: input.privacy ?? null,
    ...(input.lineage ? { lineage: input.lineage } : {}),
  };
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
