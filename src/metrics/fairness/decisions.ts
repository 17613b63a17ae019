import { type Table, takeRows } from "../../data/table.ts";
import { runAll, type Task } from "../../executors/executor.ts";
import { type Random, randomFromSeed } from "../../random.ts";
import type { MetricInput } from "../metric.ts";
import { type Coded, prepareTables, usable } from "../utility/prediction-tables.ts";
import { predictionTask } from "../utility/prediction-task.ts";
import { type DecideData, decideRows } from "./decide-rows.ts";
import { type DecisionFigure, decisionFigures, type GroupCounts } from "./decision-figures.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { cellsOf, noAttributes, protectedAttributes, type Subgroup, subgroupsOf } from "./subgroups.ts";

const MAX_TRAINED = 20_000;
const MAX_TESTED = 20_000;
const MIN_ROWS = 100;

/** Times that each table is cut into two halves, with a model for each: their spread is the noise of training. */
const CUTS = 6;

/** Resamples of the test rows. */
const RESAMPLES = 200;

/** Decisions of models trained on synthetic and on real rows about the same real rows, and what each figure makes of them. */
export interface Decisions {
  readonly outcome: Outcome;
  readonly attributes: readonly string[];
  readonly trainedOn: number;
  readonly tested: number;
  readonly testedOn: string;
  readonly models: number;
  readonly figures: readonly FigureOfDecisions[];
}

export interface FigureOfDecisions {
  readonly figure: DecisionFigure;
  /** Subgroups that the figure looks at. */
  readonly subgroups: number;
  readonly synthetic: Noisy;
  readonly real: Noisy;
  readonly difference: Noisy;
  /** By single attributes, without combinations. */
  readonly byAttribute: readonly { readonly attribute: string; readonly value: number; readonly ceiling: number }[];
  /** Every rate of every subgroup; `rows` that it is over. */
  readonly rates: readonly {
    readonly group: Subgroup;
    readonly rate: string;
    readonly rows: number;
    readonly synthetic: number;
    readonly real: number;
  }[];
}

/** A mean over models; its variance by the luck of the test rows and by that of training, the latter known from so many cuts. */
export interface Noisy {
  readonly value: number;
  readonly testVariance: number;
  readonly trainingVariance: number;
  readonly degrees: number;
}

export type NoDecisions = { readonly notApplicable: string } | { readonly notComputable: string };

const made = new WeakMap<object, Promise<Decisions | NoDecisions>>();

/** The decisions for an input: made once for all metrics of one judgement, which share its frames. */
export function decisionsOf(input: MetricInput): Promise<Decisions | NoDecisions> {
  const known = made.get(input.frames);
  if (known) return known;
  // Not from the metric's own stream: whichever metric asks first, the models are the same.
  const decisions = decide({ ...input, random: randomFromSeed(input.seed).split("fairness decisions") });
  made.set(input.frames, decisions);
  return decisions;
}

async function decide(input: MetricInput): Promise<Decisions | NoDecisions> {
  const { target, targetLeaks } = input.purpose;
  const attributes = protectedAttributes(input, target === undefined ? [] : [target]);
  const none = noAttributes(input, attributes);
  if (none) return { notApplicable: none };
  const outcome = outcomeOf(input);
  if ("notApplicable" in outcome) return outcome;
  const real = testRows(input, outcome);
  const task = predictionTask(
    outcome.target,
    { train: real.train, test: real.test, codec: input.codec, schema: input.schema },
    targetLeaks,
  );
  if ("impossible" in task) return { notComputable: task.impossible };
  const tables = prepareTables(
    input,
    {
      ...task,
      objective: { kind: "logistic" },
      targetOf: (table) => Float64Array.from(outcome.of(table), (y) => (y < 0 ? Number.NaN : y)),
    },
    { train: real.train, test: real.test, most: MAX_TRAINED },
  );
  const tested = tables.test.rows;
  if (tested.length < MIN_ROWS || tables.rows < MIN_ROWS)
    return {
      notComputable: `There are ${tables.rows} rows to train on and ${tested.length} to test on whose target is known; ${MIN_ROWS} of each are needed.`,
    };
  const cells = cellsOf(attributes, [{ table: real.test, rows: tested }]);
  const { groups, groupOfCell } = subgroupsOf(attributes, cells, { table: 0, people: real.people });
  const rows = Math.min(tables.real.target.length, tables.synthetic.target.length);
  const taskOf = (table: Coded, own: Uint32Array, random: Random): Task => ({
    module: new URL("./decide-rows.js", import.meta.url).href,
    name: decideRows.name,
    data: {
      train: {
        columns: table.columns,
        levels: table.levels,
        ordered: table.ordered,
        target: table.target,
        rows: usable(table.target, own),
      },
      test: { columns: tables.test.columns, rows: tested },
      key: random.key,
    } satisfies DecideData,
  });
  const decisions = await runAll<Uint8Array>(
    input.executor,
    [tables.synthetic, tables.real].flatMap((table, t) =>
      Array.from({ length: CUTS }, (_, cut) => {
        const random = input.random.split("cuts").split(t).split(cut);
        const order = random.shuffle(Uint32Array.from({ length: table.target.length }, (_, i) => i));
        const half = rows >> 1;
        return [order.slice(0, half).sort(), order.slice(half, 2 * half).sort()].map((own, h) =>
          taskOf(table, own, random.split(h)),
        );
      }).flat(),
    ),
    { signal: input.signal },
  );
  const data: Tested = {
    cells: cells.of[0] as Int32Array,
    cellCount: cells.count,
    positive: Uint8Array.from(tested, (row) => tables.test.target[row] as number),
    decisions,
    people: real.people,
    groups,
    groupOfCell,
  };
  return {
    outcome,
    attributes: attributes.map(({ name }) => name),
    trainedOn: rows >> 1,
    tested: tested.length,
    testedOn: real.testedOn,
    models: decisions.length,
    figures: measureFigures(data, input.random.split("resamples")),
  };
}

/** Real rows to train on and others, with a known target, to test on, and whose those are. */
function testRows(
  input: MetricInput,
  outcome: Outcome,
): { readonly train: Table; readonly test: Table; readonly people: Int32Array | undefined; readonly testedOn: string } {
  const { train, holdout, entities, random } = input;
  const known = (table: Table, from: Uint32Array): Uint32Array => {
    const of = outcome.of(table);
    const rows = from.filter((row) => (of[row] as number) >= 0);
    if (rows.length <= MAX_TESTED) return rows;
    return random
      .split("tested")
      .sample(rows.length, MAX_TESTED)
      .map((at) => rows[at] as number);
  };
  const all = (table: Table): Uint32Array => Uint32Array.from({ length: table.rows }, (_, i) => i);
  const people = (of: Int32Array | undefined, rows: Uint32Array): Int32Array | undefined =>
    of && Int32Array.from(rows, (row) => of[row] as number);
  if (holdout) {
    const rows = known(holdout, all(holdout));
    return { train, test: takeRows(holdout, rows), people: people(entities?.holdout, rows), testedOn: "the holdout" };
  }
  const order = random.split("halves").shuffle(all(train));
  const rows = known(train, order.subarray(0, train.rows >> 1));
  return {
    train: takeRows(train, order.subarray(train.rows >> 1)),
    test: takeRows(train, rows),
    people: people(entities?.train, rows),
    testedOn: "half of the training rows, for want of a holdout",
  };
}

interface Tested {
  /** Cell of each test row. */
  readonly cells: Int32Array;
  readonly cellCount: number;
  readonly positive: Uint8Array;
  /** By model: those trained on synthetic rows, then as many trained on real ones; halves of one cut side by side. */
  readonly decisions: readonly Uint8Array[];
  readonly people: Int32Array | undefined;
  readonly groups: readonly Subgroup[];
  readonly groupOfCell: readonly Int32Array[];
}

function measureFigures(data: Tested, random: Random): FigureOfDecisions[] {
  const { decisions, groups } = data;
  const tested = data.cells.length;
  const ones = new Float64Array(tested).fill(1);
  const point = countGroups(data, ones);
  const whole = point[0] as readonly GroupCounts[];
  const looks = decisionFigures.map((figure) => ({
    figure,
    kept: figure.rates.map(({ over }) =>
      whole.flatMap((counts, g) => (over(counts) >= figure.fewest(tested) ? [g] : [])),
    ),
  }));
  const values = looks.map((look) => point.map((counts) => figureOf(look, counts)));
  const resampled = looks.map(() => decisions.map(() => new Float64Array(RESAMPLES)));
  for (let b = 0; b < RESAMPLES; b++) {
    const counted = countGroups(data, resample(data, random.split(b)));
    looks.forEach((look, f) => {
      for (const [m, counts] of counted.entries()) (resampled[f]?.[m] as Float64Array)[b] = figureOf(look, counts);
    });
  }
  const half = decisions.length / 2;
  return looks.map((look, f) => {
    const { figure, kept } = look;
    const own = values[f] as readonly number[];
    const draws = resampled[f] as readonly Float64Array[];
    const luckOfSynthetic = meanDraws(draws.slice(0, half));
    const luckOfReal = meanDraws(draws.slice(half));
    const synthetic = noisy(own.slice(0, half), luckOfSynthetic);
    const real = noisy(own.slice(half), luckOfReal);
    const meanOf = (pick: (counts: readonly GroupCounts[]) => number, from: number): number =>
      point.slice(from, from + half).reduce((sum, counts) => sum + pick(counts), 0) / half;
    return {
      figure,
      subgroups: Math.max(...kept.map((list) => list.length)),
      synthetic,
      real,
      difference: {
        value: synthetic.value - real.value,
        testVariance: varianceOf(luckOfSynthetic.map((x, b) => x - (luckOfReal[b] as number))),
        trainingVariance: synthetic.trainingVariance + real.trainingVariance,
        degrees: synthetic.degrees + real.degrees,
      },
      byAttribute: byAttribute(look, groups).map(({ attribute, look: single }) => ({
        attribute,
        value: meanOf((counts) => figureOf(single, counts), 0),
        ceiling: meanOf((counts) => figureOf(single, counts), half),
      })),
      rates: figure.rates.flatMap((rate, r) =>
        (kept[r] as readonly number[]).map((g) => ({
          group: groups[g] as Subgroup,
          rate: rate.name,
          rows: rate.over(whole[g] as GroupCounts),
          synthetic: meanOf((counts) => rate.of(counts[g] as GroupCounts), 0),
          real: meanOf((counts) => rate.of(counts[g] as GroupCounts), half),
        })),
      ),
    };
  });
}

interface Look {
  readonly figure: DecisionFigure;
  /** Of each rate, the groups with rows enough. */
  readonly kept: readonly (readonly number[])[];
}

/** NaN where no rate has two groups. */
function figureOf({ figure, kept }: Look, counts: readonly GroupCounts[]): number {
  const values = figure.rates.flatMap(({ of }, r) => {
    // A resample may hold no row of a group.
    const rates = (kept[r] as readonly number[]).map((g) => of(counts[g] as GroupCounts)).filter(Number.isFinite);
    return rates.length > 1 ? [figure.combine(rates)] : [];
  });
  return values.length > 0 ? figure.worst(...values) : Number.NaN;
}

function byAttribute(look: Look, groups: readonly Subgroup[]): { readonly attribute: string; readonly look: Look }[] {
  const singles = [...new Set(groups.flatMap(({ attributes }) => (attributes.length === 1 ? attributes : [])))];
  return singles
    .map((attribute) => ({
      attribute,
      look: {
        figure: look.figure,
        kept: look.kept.map((list) =>
          list.filter((g) => {
            const { attributes } = groups[g] as Subgroup;
            return attributes.length === 1 && attributes[0] === attribute;
          }),
        ),
      },
    }))
    .filter(({ look: single }) => single.kept.some((list) => list.length > 1));
}

/** By model and group, with weighted rows. */
function countGroups(data: Tested, weights: Float64Array): readonly (readonly GroupCounts[])[] {
  const { cells, cellCount, positive, decisions, groups, groupOfCell } = data;
  const rows = new Float64Array(cellCount * 2);
  for (let i = 0; i < cells.length; i++) {
    const at = 2 * (cells[i] as number) + (positive[i] as number);
    rows[at] = (rows[at] as number) + (weights[i] as number);
  }
  const chosen = new Float64Array(cellCount * 2);
  return decisions.map((decided) => {
    chosen.fill(0);
    for (let i = 0; i < cells.length; i++) {
      const at = 2 * (cells[i] as number) + (positive[i] as number);
      chosen[at] = (chosen[at] as number) + (weights[i] as number) * (decided[i] as number);
    }
    const out = groups.map(() => ({ rows: 0, positives: 0, chosen: 0, hits: 0 }));
    for (const groupOf of groupOfCell)
      for (let cell = 0; cell < cellCount; cell++) {
        const group = out[groupOf[cell] as number];
        if (!group) continue;
        group.rows += (rows[2 * cell] as number) + (rows[2 * cell + 1] as number);
        group.positives += rows[2 * cell + 1] as number;
        group.chosen += (chosen[2 * cell] as number) + (chosen[2 * cell + 1] as number);
        group.hits += chosen[2 * cell + 1] as number;
      }
    return out;
  });
}

/** How often each row was drawn: as many draws, with replacement, as there are rows, or people. */
function resample({ cells, people }: Tested, random: Random): Float64Array {
  const units = people ? people.reduce((most, person) => Math.max(most, person), -1) + 1 : cells.length;
  const drawn = new Float64Array(units);
  for (let i = 0; i < units; i++) {
    const at = random.integer(units);
    drawn[at] = (drawn[at] as number) + 1;
  }
  return people ? Float64Array.from(people, (person) => drawn[person] as number) : drawn;
}

/** Variance of the mean over models, were all rows drawn anew. Two halves of one cut deviate to opposite sides as far as the figure follows the
 * rows: half their distance is the delete-half jackknife of Shao & Wu (1989), Annals of Statistics 17(3). What the means of the cuts differ by is
 * each model's own luck; it is in that distance too, and most of it averages out. */
function noisy(values: readonly number[], draws: Float64Array): Noisy {
  const value = values.reduce((sum, x) => sum + x, 0) / values.length;
  let fromRows = 0;
  let fromLuck = 0;
  for (let cut = 0; cut < CUTS; cut++) {
    const a = values[2 * cut] as number;
    const b = values[2 * cut + 1] as number;
    fromRows += ((a - b) / 2) ** 2 / CUTS;
    fromLuck += ((a + b) / 2 - value) ** 2 / (CUTS - 1);
  }
  return {
    value,
    testVariance: varianceOf(draws),
    trainingVariance: Math.max(0, fromRows - fromLuck) + fromLuck / CUTS,
    degrees: CUTS,
  };
}

function meanDraws(draws: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(RESAMPLES);
  for (const own of draws)
    for (let b = 0; b < RESAMPLES; b++) out[b] = (out[b] as number) + (own[b] as number) / draws.length;
  return out;
}

/** Of the draws that gave a number. */
function varianceOf(draws: Float64Array): number {
  const known = draws.filter(Number.isFinite);
  const mean = known.reduce((sum, x) => sum + x, 0) / known.length;
  return known.length > 1 ? known.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (known.length - 1) : 0;
}
