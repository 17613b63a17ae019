import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, takeRows } from "../../../src/data/table.ts";
import { adverseImpactRatio } from "../../../src/metrics/fairness/adverse-impact-ratio.ts";
import { decisionFigures, type GroupCounts } from "../../../src/metrics/fairness/decision-figures.ts";
import { type Decisions, decisionsOf } from "../../../src/metrics/fairness/decisions.ts";
import { demographicParityDifference } from "../../../src/metrics/fairness/demographic-parity-difference.ts";
import { equalisedOddsDifference } from "../../../src/metrics/fairness/equalised-odds-difference.ts";
import { outcomeOf } from "../../../src/metrics/fairness/outcome.ts";
import { subgroupAccuracy } from "../../../src/metrics/fairness/subgroup-accuracy.ts";
import { isMeasured, type MetricInput } from "../../../src/metrics/metric.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, textColumn, withColumn } from "../world.ts";
import { applicants, KINDS, withHired } from "./groups.ts";

function inputs(
  seed: number,
  rows: number,
  options: {
    readonly change?: (table: Table) => Table;
    readonly protectedAttributes?: readonly string[];
    readonly target?: string;
  } = {},
): MetricInput {
  const random = randomFromSeed(seed).split("applicants");
  const draw = (label: string): Table => applicants(random.split(label), rows);
  const synthetic = draw("synthetic");
  return inputOf(
    { train: draw("train"), holdout: draw("holdout"), synthetic: options.change?.(synthetic) ?? synthetic },
    {
      seed,
      kinds: KINDS,
      target: options.target ?? "hired",
      purpose: { protectedAttributes: options.protectedAttributes ?? ["sex"] },
    },
  );
}

test("the figures of counts done by hand", () => {
  // 100 women: 40 positives of whom 30 were decided for, and 6 others; 200 men: 100 positives of whom 90, and 20 others.
  const women: GroupCounts = { rows: 100, positives: 40, chosen: 36, hits: 30 };
  const men: GroupCounts = { rows: 200, positives: 100, chosen: 110, hits: 90 };
  const value = (name: string): number => {
    const figure = decisionFigures.find((own) => own.name === name);
    assert.ok(figure);
    return figure.worst(...figure.rates.map(({ of }) => figure.combine([of(women), of(men)])));
  };
  const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);
  near(value("accuracy"), 84 / 100);
  near(value("equalised odds"), 90 / 100 - 30 / 40);
  near(value("demographic parity"), 110 / 200 - 36 / 100);
  near(value("adverse impact"), 36 / 100 / (110 / 200));
});

test("synthetic rows that turn down half of the hired women make models that do: seen in all of 6 tables", async () => {
  for (let seed = 0; seed < 6; seed++) {
    const random = randomFromSeed(seed).split("flip");
    const input = inputs(seed, 2000, {
      change: (table) => withHired(table, ({ sex, hired }) => (sex === "f" && random.uniform() < 0.5 ? "no" : hired)),
    });
    const odds = await measured(equalisedOddsDifference, input);
    const parity = await measured(demographicParityDifference, input);
    const impact = await measured(adverseImpactRatio, input);
    assert.ok((odds.difference?.low as number) > 0.05, `odds: ${JSON.stringify(odds.difference)}`);
    assert.ok((parity.difference?.low as number) > 0, `parity: ${JSON.stringify(parity.difference)}`);
    assert.ok((impact.difference?.high as number) < 0, `impact: ${JSON.stringify(impact.difference)}`);
    assert.match(odds.worst?.[0]?.name as string, /sex = [fm]: true positive rate/);
  }
});

test("fresh real rows: each figure's interval holds 0 in at least 26 of 30 tables", async () => {
  const metrics = [subgroupAccuracy, equalisedOddsDifference, demographicParityDifference, adverseImpactRatio];
  const held = metrics.map(() => 0);
  for (let seed = 0; seed < 30; seed++) {
    const input = inputs(seed + 50, 500, { protectedAttributes: ["sex", "region"] });
    for (const [m, metric] of metrics.entries()) {
      const { difference } = await measured(metric, input);
      if (difference && difference.low <= 0 && difference.high >= 0) held[m] = (held[m] as number) + 1;
    }
  }
  assert.ok(Math.min(...held) >= 26, `held ${held.join(", ")} of 30`);
});

test("models are made once for all metrics of a judgement, and are the same whichever asks first", async () => {
  const input = inputs(1, 400);
  const other = { ...input, random: input.random.split("another metric") };
  assert.equal(decisionsOf(input), decisionsOf(other));
  const fresh = inputs(1, 400);
  assert.deepEqual(
    await adverseImpactRatio.measure({ ...fresh, random: fresh.random.split("x") }),
    await adverseImpactRatio.measure(input),
  );
});

test("rows of one person are drawn together: five rows each of the same people widen the interval", async () => {
  const { train, holdout, synthetic } = inputs(4, 1000);
  const people = Int32Array.from({ length: 1000 }, (_, i) => i % 200);
  const repeated = takeRows(holdout as Table, Uint32Array.from(people));
  const options = { kinds: KINDS, target: "hired", purpose: { protectedAttributes: ["sex"] } };
  const tables = { train, holdout: repeated, synthetic };
  const entities = { train: Int32Array.from({ length: 1000 }, (_, i) => i), holdout: people };
  const known = (await decisionsOf(inputOf(tables, { ...options, entities }))) as Decisions;
  const unknown = (await decisionsOf(inputOf(tables, options))) as Decisions;
  const variance = ({ figures }: Decisions): number => (figures[0] as Decisions["figures"][number]).real.testVariance;
  const ratio = variance(known) / variance(unknown);
  assert.ok(ratio > 3 && ratio < 8, `${ratio}`);
});

test("without a holdout half of train is tested on, and the score says so", async () => {
  const { train, synthetic } = inputs(2, 800);
  const score = await measured(
    subgroupAccuracy,
    inputOf({ train, synthetic }, { kinds: KINDS, target: "hired", purpose: { protectedAttributes: ["sex"] } }),
  );
  assert.match((score.details as { testedOn: string }).testedOn, /want of a holdout/);
});

test("the outcome is the rarer class of two, and of more the commonest against the rest, whichever is rarer", () => {
  const input = inputs(3, 600);
  const two = outcomeOf(input);
  assert.ok(!("notApplicable" in two) && two.words === "hired is yes" && two.share < 0.5);
  const graded = (labels: readonly string[]): MetricInput => {
    const grade = (table: Table): Table =>
      withColumn(
        table,
        textColumn(
          "hired",
          Array.from({ length: table.rows }, (_, i) => labels[i % labels.length] as string),
        ),
      );
    return {
      ...input,
      train: grade(input.train),
      holdout: grade(input.holdout as Table),
      synthetic: grade(input.synthetic),
    };
  };
  const most = outcomeOf(graded(["a", "a", "a", "b", "c"]));
  assert.ok(!("notApplicable" in most) && most.words === "hired is not a");
  const spread = outcomeOf(graded(["a", "a", "b", "c", "d"]));
  assert.ok(!("notApplicable" in spread) && spread.words === "hired is a");
});

test("what stands in the way is said", async () => {
  const none = await equalisedOddsDifference.measure(inputs(1, 300, { protectedAttributes: [] }));
  assert.ok(!isMeasured(none) && none.notApplicable && /--protected/.test(none.notComputable));
  const quantity = await equalisedOddsDifference.measure(inputs(1, 300, { target: "skill" }));
  assert.ok(!isMeasured(quantity) && quantity.notApplicable && /quantity/.test(quantity.notComputable));
  const small = await equalisedOddsDifference.measure(inputs(1, 60));
  assert.ok(!isMeasured(small) && !small.notApplicable && /100 of each/.test(small.notComputable));
});
