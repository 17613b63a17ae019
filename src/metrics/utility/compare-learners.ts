import { runAll, type Task } from "../../executors/executor.ts";
import type { Objective } from "../../learners/trees/boosting.ts";
import { drawnDifference } from "../../math/drawn-difference.ts";
import { studentQuantile } from "../../math/student-t.ts";
import type { Random } from "../../random.ts";
import type { Interval, Metric, MetricInput, Score } from "../metric.ts";
import { headerOf, notApplicable, notComputable } from "../score.ts";
import { type LearnData, type LearnerName, learnAndTest, type Skill } from "./learn-and-test.ts";
import { type Coded, prepareTables, type splitReal, type TaskTables, usable } from "./prediction-tables.ts";
import type { PredictionTask } from "./prediction-task.ts";

const MAX_ROWS = 50_000;
const MAX_COX_ROWS = 10_000;
/** Every class of a target with more than two costs as much as a target with two: classes × rows to train on stay below this. */
const MAX_CLASS_ROWS = 60_000;
const MIN_ROWS = 50;
/** Models per table, each on a different share of its rows: their spread is the noise of training. */
const REPEATS = 3;
const KEPT_SHARE = 0.8;

/** Skill on real rows below which a ratio says nothing. */
const LEAST_SKILL = { AUC: 0.55, "macro AUC": 0.55, "R²": 0.05, concordance: 0.55 } as const;

/** Trains each learner on synthetic and on real rows and tests on other real rows: the ratio of the skills, for the learner that fares worse.
 * @param of.target what is predicted, for messages */
export async function compareLearners(
  metric: Metric,
  input: MetricInput,
  of: {
    readonly learners: readonly LearnerName[];
    readonly task: PredictionTask;
    readonly real: ReturnType<typeof splitReal>;
    readonly target: string;
  },
): Promise<Score> {
  const { learners, task, real, target } = of;
  const tables = prepareTables(input, task, { ...real, most: mostRows(task.objective) });
  if (tables.test.rows.length < MIN_ROWS || tables.rows < MIN_ROWS)
    return notComputable(
      metric,
      `There are ${tables.rows} rows to train on and ${tables.test.rows.length} to test on that have a target; ${MIN_ROWS} of each are needed.`,
    );
  const plans = armsOf(tables, input.random);
  const skills = await runAll<Skill>(
    input.executor,
    learners.flatMap((learner, l) =>
      plans.map((plan, p) => taskOf({ learner, plan, task, tables, random: input.random.split(l).split(p) })),
    ),
    { signal: input.signal },
  );
  const results = learners.map((learner, l) =>
    compareArms(learner, skills.slice(l * plans.length, (l + 1) * plans.length), plans),
  );
  const least = LEAST_SKILL[task.measure];
  const useful = results.filter((result) => intervalOf(result.real, input.level).low > least);
  if (useful.length === 0) {
    const best = results.reduce((a, b) => (a.real.value >= b.real.value ? a : b));
    const interval = intervalOf(best.real, input.level);
    return notApplicable(
      metric,
      `The target "${target}" cannot be predicted from the real rows: ${task.measure} ${interval.value.toFixed(3)} (${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}), where more than ${least} is needed for a ratio to mean something.`,
    );
  }
  const worse = useful.reduce((a, b) => (b.ratio.value < a.ratio.value ? b : a));
  return {
    ...headerOf(metric),
    ...capped(intervalOf(worse.ratio, input.level)),
    level: input.level,
    n: tables.rows,
    seeds: [input.seed],
    ceiling: capped(intervalOf(worse.ceiling, input.level)),
    floor: capped(intervalOf(worse.floor, input.level)),
    difference: drawnDifference(
      {
        a: worse.ratio.value,
        b: worse.ceiling.value,
        varianceA: widened(worse.ratio, input.level),
        varianceB: widened(worse.ceiling, input.level),
        covariance: meanProduct(worse.ratio.influence, worse.ceiling.influence) / worse.ratio.influence.length,
      },
      { of: cap, level: input.level, random: input.random.split("difference") },
    ),
    details: {
      target: target,
      measure: task.measure,
      ...(task.objective.kind === "softmax" ? { classes: task.objective.classes } : {}),
      predictors: task.predictors.length,
      excluded: task.excluded,
      trainingRows: tables.rows,
      testRows: tables.test.rows.length,
      testedOn: real.testedOn,
      worseLearner: worse.learner,
      ratio: worse.ratio.value,
      learners: results.map((result) => ({
        learner: result.learner,
        trainOnSynthetic: intervalOf(result.synthetic, input.level),
        trainOnReal: intervalOf(result.real, input.level),
        ratio: intervalOf(result.ratio, input.level),
        ceiling: intervalOf(result.ceiling, input.level),
        floor: intervalOf(result.floor, input.level),
        counts: useful.includes(result),
      })),
    },
  };
}

/** Every class of a target with more than two costs as much as a target with two. */
function mostRows(objective: Objective): number {
  if (objective.kind === "cox") return MAX_COX_ROWS;
  return objective.kind === "softmax" ? Math.floor(MAX_CLASS_ROWS / objective.classes) : MAX_ROWS;
}

type Arm = "real" | "synthetic" | "floor" | "first part" | "second part";

/** One model: which rows of which table. */
interface Plan {
  readonly arm: Arm;
  readonly rows: Uint32Array;
}

/** Real, synthetic and permuted rows in equal number, and two disjoint parts of the real rows for the ceiling. */
function armsOf(tables: TaskTables, random: Random): Plan[] {
  const plans: Plan[] = [];
  const kept = Math.ceil(tables.rows * KEPT_SHARE);
  const all = tables.real.target.length;
  const part = Math.min(kept, all >> 1);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const own = random.split("arms").split(repeat);
    const draw = (arm: Arm, size: number, table: Coded): void => {
      plans.push({ arm, rows: usable(table.target, own.split(arm).sample(size, kept)) });
    };
    draw("real", all, tables.real);
    draw("synthetic", tables.rows, tables.synthetic);
    if (repeat === 0) draw("floor", all, tables.floor);
    const order = own.split("parts").shuffle(Uint32Array.from({ length: all }, (_, i) => i));
    plans.push({ arm: "first part", rows: usable(tables.real.target, order.slice(0, part).sort()) });
    plans.push({ arm: "second part", rows: usable(tables.real.target, order.slice(part, 2 * part).sort()) });
  }
  return plans;
}

function taskOf(of: {
  readonly learner: LearnerName;
  readonly plan: Plan;
  readonly task: { readonly objective: Objective };
  readonly tables: TaskTables;
  readonly random: Random;
}): Task {
  const { plan, tables } = of;
  const table = plan.arm === "synthetic" ? tables.synthetic : plan.arm === "floor" ? tables.floor : tables.real;
  return {
    module: new URL("./learn-and-test.js", import.meta.url).href,
    name: learnAndTest.name,
    data: {
      learner: of.learner,
      objective: of.task.objective,
      train: { ...table, rows: plan.rows },
      test: tables.test,
      key: of.random.key,
    } satisfies LearnData,
  };
}

/** A number with its two sources of noise: the influence of each test row, and the variance that training gives. */
interface Noisy {
  readonly value: number;
  readonly influence: Float64Array;
  readonly trainingVariance: number;
  /** Degrees of freedom of the training variance. */
  readonly degrees: number;
}

interface Comparison {
  readonly learner: LearnerName;
  readonly real: Noisy;
  readonly synthetic: Noisy;
  readonly ratio: Noisy;
  readonly ceiling: Noisy;
  readonly floor: Noisy;
}

function compareArms(learner: LearnerName, skills: readonly Skill[], plans: readonly Plan[]): Comparison {
  const of = (arm: Arm): { readonly skills: readonly Skill[]; readonly rows: number } => {
    const own = [...plans.keys()].filter((p) => (plans[p] as Plan).arm === arm);
    return {
      skills: own.map((p) => skills[p] as Skill),
      rows: own.reduce((sum, p) => sum + (plans[p] as Plan).rows.length, 0) / own.length,
    };
  };
  const firsts = of("first part");
  const seconds = of("second part");
  const parts = firsts.skills.map((first, i) => [first.value, (seconds.skills[i] as Skill).value] as const);
  // Two models on disjoint parts differ by the noise of training on so few rows, which falls as rows grow.
  const apart = parts.reduce((sum, [a, b]) => sum + (a - b) ** 2 / 2, 0) / REPEATS;
  const noisy = (arm: Arm): Noisy => {
    const { skills: own, rows } = of(arm);
    const spread = own.length > 1 ? varianceOf(own.map((skill) => skill.value)) : 0;
    const fromSpread = own.length - 1;
    // Models on a share s of the same rows spread (1 − s) / s times as much as models on fresh rows do (Shao & Wu 1989).
    const jackknife = (spread * KEPT_SHARE) / (1 - KEPT_SHARE);
    const disjoint = apart * Math.min(1, (KEPT_SHARE * firsts.rows) / Math.max(1, rows));
    return {
      ...average(own),
      trainingVariance: (fromSpread * jackknife + REPEATS * disjoint) / (fromSpread + REPEATS),
      degrees: fromSpread + REPEATS,
    };
  };
  const real = noisy("real");
  const synthetic = noisy("synthetic");
  const first = { ...average(firsts.skills), trainingVariance: 0, degrees: 1 };
  const second = { ...average(seconds.skills), trainingVariance: 0, degrees: 1 };
  return {
    learner,
    real,
    synthetic,
    ratio: ratioOf(synthetic, real),
    // Every cut into two parts is a fresh pair.
    ceiling: {
      ...ratioOf(second, first),
      trainingVariance: (2 * apart) / first.value ** 2 / REPEATS,
      degrees: REPEATS,
    },
    floor: ratioOf(noisy("floor"), real),
  };
}

/** Mean skill and mean influence of models that were tested on the same rows. */
function average(skills: readonly Skill[]): Pick<Noisy, "value" | "influence"> {
  const influence = new Float64Array((skills[0] as Skill).influence.length);
  for (const skill of skills)
    for (let i = 0; i < influence.length; i++)
      influence[i] = (influence[i] as number) + (skill.influence[i] as number) / skills.length;
  return { value: skills.reduce((sum, skill) => sum + skill.value, 0) / skills.length, influence };
}

function varianceOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

/** a / b by the delta method: the test rows are the same for both, the training rows are not. */
function ratioOf(a: Noisy, b: Noisy): Noisy {
  const value = a.value / b.value;
  const influence = a.influence.map((x, i) => (x - value * (b.influence[i] as number)) / b.value);
  const fromA = a.trainingVariance / b.value ** 2;
  const fromB = (value ** 2 * b.trainingVariance) / b.value ** 2;
  const square = fromA ** 2 / a.degrees + fromB ** 2 / b.degrees;
  return {
    value,
    influence,
    trainingVariance: fromA + fromB,
    degrees: square > 0 ? (fromA + fromB) ** 2 / square : a.degrees + b.degrees,
  };
}

function meanProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum / a.length;
}

/** Half-width of the interval: Student's t with Satterthwaite's degrees of freedom, for the noise of training is known from few models. */
function halfWidth(noisy: Noisy, level: number): number {
  const fromTest = meanProduct(noisy.influence, noisy.influence) / noisy.influence.length;
  const variance = fromTest + noisy.trainingVariance;
  if (variance === 0) return 0;
  const degrees =
    noisy.trainingVariance === 0 ? 1e6 : Math.min(1e6, (noisy.degrees * variance ** 2) / noisy.trainingVariance ** 2);
  return studentQuantile((1 + level) / 2, degrees) * Math.sqrt(variance);
}

/** The variance of a normal that has the same interval. */
function widened(noisy: Noisy, level: number): number {
  return (halfWidth(noisy, level) / studentQuantile((1 + level) / 2, 1e6)) ** 2;
}

function intervalOf(noisy: Noisy, level: number): Interval {
  const half = halfWidth(noisy, level);
  return { value: noisy.value, low: noisy.value - half, high: noisy.value + half };
}

/** More than all of what real rows teach is luck, or a copy of the test rows. */
function cap(ratio: number): number {
  return Math.max(0, Math.min(1, ratio));
}

function capped(interval: Interval): Interval {
  return { value: cap(interval.value), low: cap(interval.low), high: cap(interval.high) };
}
