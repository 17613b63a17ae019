import { runAll, type Task } from "../../executors/executor.ts";
import { pairAgreement } from "../../math/rank-agreement.ts";
import type { Metric, MetricInput, Score } from "../metric.ts";
import { headerOf, notApplicable, notComputable } from "../score.ts";
import { drawHalves, type Halves, halvesInterval } from "./halves.ts";
import { type LearnData, type LearnerName, learnAndTest, type Skill } from "./learn-and-test.ts";
import { prepareTables, splitReal } from "./prediction-tables.ts";
import { predictionTask } from "./prediction-task.ts";

/** Several models for the target, trained on synthetic and on real rows: whether the same ones do better on other real rows. */
export const modelRankingAgreement: Metric = {
  name: "model-ranking-agreement",
  title: "Same model wins",
  family: "utility",
  better: "higher",
  range: [0, 1],
  source:
    "Jordon, Yoon & van der Schaar (2018), arXiv:1806.11345 (synthetic ranking agreement); Kendall (1938), Biometrika 30",
  definitionVersion: 1,
  explains:
    "Of all pairs of models, the share where the one that is better when trained on synthetic rows is also better when trained on real rows; .5 is a coin. Models that are about equally good are ranked by luck, so read it against the ceiling.",
  measure,
};

const MODELS: readonly LearnerName[] = ["boosted-trees", "boosted-stumps", "single-tree", "ridge", "nearest-rows"];
const ARMS = ["real", "fresh", "synthetic"] as const;
const MAX_ROWS = 6000;
const MAX_TESTED = 3000;
const MAX_CLASS_ROWS = 12_000;
const MIN_ROWS = 100;
const REPEATS = 3;

async function measure(input: MetricInput): Promise<Score> {
  const metric = modelRankingAgreement;
  const { target, targetLeaks } = input.purpose;
  if (target === undefined) return notApplicable(metric, "No target column was declared, and none stands out.");
  const real = splitReal(input);
  const task = predictionTask(target, { ...real, codec: input.codec, schema: input.schema }, targetLeaks);
  if ("impossible" in task) return notComputable(metric, task.impossible);
  const { objective } = task;
  const most = objective.kind === "softmax" ? Math.floor(MAX_CLASS_ROWS / objective.classes) : MAX_ROWS;
  const tables = prepareTables(input, task, { ...real, most });
  const tested = tables.test.rows;
  const rows =
    tested.length <= MAX_TESTED
      ? tested
      : input.random
          .split("tested")
          .sample(tested.length, MAX_TESTED)
          .map((at) => tested[at] as number);
  if (tables.rows < MIN_ROWS || rows.length < MIN_ROWS)
    return notComputable(
      metric,
      `There are ${tables.rows} rows to train on and ${rows.length} to test on that have a target; ${MIN_ROWS} of each are needed.`,
    );
  const test = { ...tables.test, rows };
  const halves = drawHalves(tables, { repeats: REPEATS, random: input.random.split("halves") });
  const taskFor = (half: Halves, arm: (typeof ARMS)[number], learner: LearnerName): Task => ({
    module: new URL("./learn-and-test.js", import.meta.url).href,
    name: learnAndTest.name,
    data: {
      learner,
      objective,
      train: { ...(arm === "synthetic" ? tables.synthetic : tables.real), rows: half[arm] },
      test,
      key: input.random.split("models").key,
    } satisfies LearnData,
  });
  const skills = await runAll<Skill>(
    input.executor,
    halves.flatMap((half) => ARMS.flatMap((arm) => MODELS.map((model) => taskFor(half, arm, model)))),
    { signal: input.signal },
  );
  const of = (repeat: number, arm: number): number[] =>
    MODELS.map((_, m) => (skills[(repeat * ARMS.length + arm) * MODELS.length + m] as Skill).value);
  const repeats = halves.map((_, r) => compareRankings(of(r, 0), of(r, 1), of(r, 2)));
  const interval = { level: input.level, range: metric.range };
  const mean = (pick: (repeat: (typeof repeats)[number]) => number): number =>
    repeats.reduce((sum, repeat) => sum + pick(repeat) / REPEATS, 0);
  const skillOf = (arms: readonly number[], m: number): number =>
    halves.reduce((sum, _, r) => sum + arms.reduce((s, arm) => s + (of(r, arm)[m] as number), 0), 0) /
    (REPEATS * arms.length);
  return {
    ...headerOf(metric),
    ...halvesInterval(
      repeats.map((repeat) => repeat.value),
      interval,
    ),
    level: input.level,
    n: tables.rows,
    seeds: [input.seed],
    ceiling: halvesInterval(
      repeats.map((repeat) => repeat.ceiling),
      interval,
    ),
    difference: halvesInterval(
      repeats.map((repeat) => repeat.value - repeat.ceiling),
      { ...interval, range: [-1, 1] },
    ),
    details: {
      target,
      measure: task.measure,
      repeats: REPEATS,
      trainingRows: Math.min(tables.real.target.length, tables.synthetic.target.length) >> 1,
      testRows: rows.length,
      testedOn: real.testedOn,
      kendall: 2 * mean((repeat) => repeat.value) - 1,
      bestAgrees: mean((repeat) => repeat.best),
      bestAgreesCeiling: mean((repeat) => repeat.bestCeiling),
      skillLost: mean((repeat) => repeat.lost),
      models: MODELS.map((model, m) => ({
        model,
        trainOnSynthetic: skillOf([2], m),
        trainOnReal: skillOf([0, 1], m),
      })),
    },
  };
}

/** One repeat: the two halves of the real rows against each other and each against the synthetic ones. */
function compareRankings(
  real: readonly number[],
  fresh: readonly number[],
  synthetic: readonly number[],
): {
  readonly value: number;
  readonly ceiling: number;
  readonly best: number;
  readonly bestCeiling: number;
  /** Skill on real rows that is lost by taking the model that the synthetic rows praise. */
  readonly lost: number;
} {
  const best = (skills: readonly number[]): number => skills.indexOf(Math.max(...skills));
  const lost = (on: readonly number[]): number => Math.max(...on) - (on[best(synthetic)] as number);
  const same = (on: readonly number[], other: readonly number[]): number => (best(on) === best(other) ? 1 : 0);
  return {
    value: (pairAgreement(real, synthetic) + pairAgreement(fresh, synthetic)) / 2,
    ceiling: pairAgreement(real, fresh),
    best: (same(real, synthetic) + same(fresh, synthetic)) / 2,
    bestCeiling: same(real, fresh),
    lost: (lost(real) + lost(fresh)) / 2,
  };
}
