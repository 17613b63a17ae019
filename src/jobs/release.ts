import type { Table } from "../data/table.ts";
import type { Executor } from "../executors/executor.ts";
import type { Score } from "../metrics/metric.ts";
import { FEWEST_NON_MEMBERS } from "../metrics/privacy/attack.ts";
import type { Decision } from "../policy/decision.ts";
import type { Facts } from "../policy/facts.ts";
import type { Policy } from "../policy/policy.ts";
import type { Random } from "../random.ts";
import type { SampleTableOptions } from "../synthesizers/fitted-table.ts";
import type { Synthesizer } from "../synthesizers/synthesizer.ts";
import { fitAndSample, floorOf } from "./fitting.ts";
import { refitOnFolds } from "./folds.ts";
import type { JobEvents, SynthesizeOptions } from "./job.ts";
import { judge, judgedColumns } from "./judge.ts";
import { runShadowModels } from "./shadow-models.ts";
import { entitiesOfRows, learntWith, type Source } from "./source.ts";

/** Synthetic rows that are judged: all of them unless there are more. Rows are drawn independently, so the first are as good as any. */
export const JUDGED_ROWS = 1_000_000;

/** Synthetic rows of a refit: enough for every test, bounded in time. */
const MAX_FOLD_ROWS = 20_000;

/** Synthetic rows of a shadow model: all of them are kept until the end. */
const MAX_SHADOW_ROWS = 10_000;

/** Judges a table that our own synthesizer made of a source: against its holdout, with its own floor, and, where the holdout is too small to say
 * anything of one release, with refits of the procedure.
 * @param synthetic the first rows of the release, at most {@link JUDGED_ROWS} */
export async function judgeRelease<O>(
  source: Source,
  synthetic: Table,
  how: {
    readonly synthesizer: Synthesizer<O>;
    readonly synthesizerOptions: O;
    /** What was asked of the rows. */
    readonly asked: Pick<SampleTableOptions, "where" | "shares">;
    /** Rows of the release. */
    readonly rows: number;
    readonly judge: NonNullable<SynthesizeOptions["judge"]>;
    readonly shadowModels?: number | undefined;
    /** The guarantee that the release has, for rules that ask. */
    readonly privacy?: Facts["privacy"] | undefined;
    /** What it was learnt from; absent: not known. */
    readonly lineage?: Facts["lineage"] | undefined;
    readonly policy: Policy;
    readonly queries?: number | undefined;
    readonly seed: number;
    readonly random: Random;
    readonly executor: Executor;
    readonly events: JobEvents;
    readonly signal: AbortSignal | undefined;
  },
): Promise<{
  readonly scores: readonly Score[];
  readonly decision: Decision;
  readonly judged: "release" | "procedure";
}> {
  const { table, train, holdout, split, groups, schema } = source;
  const { synthesizer, rows, random, executor, events, signal } = how;
  if (rows > JUDGED_ROWS)
    events.notice?.(
      `The first ${JUDGED_ROWS.toLocaleString("en-US")} of ${rows.toLocaleString("en-US")} synthetic rows were judged.`,
    );
  const floor = await floorOf(train, {
    schema,
    all: table,
    rows: Math.max(1, Math.min(train.rows, holdout?.rows ?? train.rows)),
    random,
    executor,
    signal,
  });
  const fit = (learnt: Table, randomOfFold: Random, most = MAX_FOLD_ROWS): Promise<Table> =>
    fitAndSample(learntWith(source.accumulated, learnt), {
      synthesizer,
      options: how.synthesizerOptions,
      describe: source.describe,
      all: table,
      rows: Math.min(rows, most),
      asked: how.asked,
      random: randomOfFold,
      executor,
      signal,
    });
  const folds = judgesProcedure(how.judge, holdout)
    ? await refitOnFolds(table, fit, { entities: groups, random, events, signal })
    : undefined;
  if (folds)
    events.notice?.(
      `Privacy is judged for the procedure, by ${folds.length} refits on folds in which each of the ${table.rows} real rows is once a non-member; the holdout of this one release has ${holdout?.rows ?? 0} rows.`,
    );
  const shadows =
    how.shadowModels === undefined
      ? undefined
      : await runShadowModels(table, (learnt, own) => fit(learnt, own, MAX_SHADOW_ROWS), {
          count: how.shadowModels,
          candidates: split.train,
          columns: judgedColumns(train, schema),
          schema,
          entities: groups,
          random: random.split("shadow-models"),
          events,
          signal,
        });
  const { scores, decision } = await judge({
    train,
    holdout,
    synthetic,
    folds,
    shadows,
    schema,
    policy: how.policy,
    floor,
    entities:
      groups && holdout
        ? { train: entitiesOfRows(groups, split.train), holdout: entitiesOfRows(groups, split.holdout) }
        : undefined,
    purpose: source.purpose,
    queries: how.queries,
    privacy: how.privacy,
    lineage: how.lineage,
    seed: how.seed,
    random: random.split("judge"),
    executor,
    events,
    signal,
  });
  return { scores, decision, judged: folds ? "procedure" : "release" };
}

/** A small holdout says little of one release; what made it can be judged all the same, for it can be run again. */
function judgesProcedure(asked: NonNullable<SynthesizeOptions["judge"]>, holdout: Table | undefined): boolean {
  if (asked !== "auto") return asked === "procedure";
  return holdout !== undefined && holdout.rows < FEWEST_NON_MEMBERS;
}
