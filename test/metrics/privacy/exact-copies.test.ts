import assert from "node:assert/strict";
import { test } from "node:test";
import { concatRows, takeRows } from "../../../src/data/table.ts";
import { clopperPearson, hypergeometricUpperTail, poissonUpperBound } from "../../../src/math/distributions.ts";
import { isMeasured, type MeasuredScore, type Planting } from "../../../src/metrics/metric.ts";
import { measureExactCopies } from "../../../src/metrics/privacy/exact-copies.ts";
import { type CopyTestInput, fullLadder } from "../../../src/metrics/privacy/plant.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { copyTestInput, cutAtRandom, peopleTable } from "./fixture.ts";
import { plantedTables } from "./planted-tables.ts";

const none = { shares: [], plantings: 0 };

async function measured(input: CopyTestInput, ladder = none as typeof fullLadder): Promise<MeasuredScore> {
  const score = await measureExactCopies(input, ladder);
  assert.ok(isMeasured(score), JSON.stringify(score));
  return score;
}

const people = peopleTable(3000, { numbers: 4, categories: 3, random: randomFromSeed(1) });
const range = (from: number, to: number): Uint32Array => Uint32Array.from({ length: to - from }, (_, i) => from + i);

test("the excess is what the conditional interval says, worked by hand", async () => {
  const [train, holdout, fresh] = cutAtRandom(people, [1500, 500, 1000], 1) as [never, never, never];
  // 30 training rows and 2 holdout rows, one of them twice, among 1,000 released rows.
  const synthetic = concatRows([
    takeRows(fresh, range(0, 967)),
    takeRows(train, range(0, 30)),
    takeRows(holdout, Uint32Array.of(0, 1, 1)),
  ]);
  const score = await measured(copyTestInput({ train, holdout, synthetic }));
  const pi = 0.75;
  const { low, high } = clopperPearson(30, 32, 0.01);
  const excess = (units: number, share: number): number => ((units * (share - pi)) / (1 - pi)) * (1 / 1000);
  assert.equal(score.value, excess(32, 30 / 32));
  assert.equal(score.low, excess(32, low));
  assert.equal(score.high, excess(poissonUpperBound(32, 0.01), high));
  assert.deepEqual(score.details, {
    unit: "row",
    foundTrain: 30,
    foundHoldout: 2,
    uniqueTrain: 1500,
    uniqueHoldout: 500,
    expectedTrain: 24,
    releasedCopies: 33,
    copiesByTwins: 0,
    fisherP: hypergeometricUpperTail(30, { drawn: 32, marked: 1500, total: 2000 }),
  });
});

test("rows that several real people share are nobody's copy", async () => {
  const twins = concatRows([people, people]);
  const [train, holdout] = [takeRows(twins, range(0, 3000)), takeRows(twins, range(3000, 6000))];
  const score = await measureExactCopies(copyTestInput({ train, holdout, synthetic: train }), none);
  assert.ok("notComputable" in score && score.notApplicable);
});

test("a copy of the training rows is all excess, and so is a copy of the holdout", async () => {
  const [train, holdout] = cutAtRandom(people, [1500, 1500], 2) as [never, never];
  const copy = await measured(copyTestInput({ train, holdout, synthetic: train }));
  assert.equal(copy.value, 1);
  assert.ok(copy.low > 0.99);
  const seen = await measured(copyTestInput({ train, holdout, synthetic: holdout }));
  assert.equal(seen.value, 1);
  assert.ok(seen.low > 0.85 && seen.high === 1);
});

test("a holdout that was copied too does not hide the copies, nor does one row released a hundred times", async () => {
  const [train, holdout, fresh] = cutAtRandom(people, [1000, 1000, 1000], 6) as [never, never, never];
  const both = concatRows([
    takeRows(fresh, range(0, 850)),
    takeRows(train, range(0, 75)),
    takeRows(holdout, range(0, 75)),
  ]);
  const contaminated = await measured(copyTestInput({ train, holdout, synthetic: both }));
  assert.ok(contaminated.low > 0.02 && contaminated.low < 0.15, `${contaminated.low}`);
  const again = concatRows([takeRows(fresh, range(0, 900)), takeRows(train, new Uint32Array(100))]);
  assert.ok((await measured(copyTestInput({ train, holdout, synthetic: again }))).low > 0.01);
});

test("natural twins are no copies: where they abound, fresh rows never exceed what they explain", async () => {
  const sums = { copies: 0, twins: 0 };
  for (let run = 0; run < 40; run++) {
    const table = peopleTable(3000, { numbers: 1, categories: 3, random: randomFromSeed(run) });
    const [train, holdout, synthetic] = cutAtRandom(table, [1000, 1000, 1000], run) as [never, never, never];
    const score = await measured(copyTestInput({ train, holdout, synthetic }, { alpha: 0.05 }));
    const { releasedCopies, copiesByTwins } = score.details as { releasedCopies: number; copiesByTwins: number };
    sums.copies += releasedCopies;
    sums.twins += copiesByTwins;
    // Where the second bound decided, it would be the larger one.
    assert.ok(score.low <= 0.01, `run ${run}: ${score.low}`);
  }
  // Their means are equal; some 500 of each were counted.
  assert.ok(sums.copies > 300 && Math.abs(sums.copies / sums.twins - 1) < 0.2, JSON.stringify(sums));
});

test("without holdout rows, or without synthetic rows, there is no number and the reason is said", async () => {
  for (const holdout of [undefined, takeRows(people, range(0, 0))]) {
    const score = await measureExactCopies(copyTestInput({ train: people, holdout, synthetic: people }), none);
    assert.ok("notComputable" in score && /--holdout/.test(score.notComputable) && !score.notApplicable);
  }
  const empty = takeRows(people, range(0, 0));
  const score = await measureExactCopies(copyTestInput({ train: people, holdout: people, synthetic: empty }), none);
  assert.ok("notComputable" in score);
});

test("rows of one entity count once: forty copies of one person prove nothing, forty people do", async () => {
  const [train, holdout, fresh] = cutAtRandom(people, [1600, 400, 1000], 3) as [never, never, never];
  const synthetic = concatRows([fresh, takeRows(train, range(0, 40))]);
  // 40 rows a person: the first 40 training rows are one person.
  const entities = {
    train: Int32Array.from({ length: 1600 }, (_, i) => Math.floor(i / 40)),
    holdout: Int32Array.from({ length: 400 }, (_, i) => Math.floor(i / 40)),
  };
  const one = await measured(copyTestInput({ train, holdout, synthetic }, { entities }));
  assert.deepEqual([one.n, ...Object.values(one.details ?? {}).slice(0, 2)], [1040, "entity", 1]);
  assert.ok(one.low < 0);
  // The point estimate is still in rows.
  assert.ok(Math.abs(one.value - 40 / 1040) < 1e-12);
  const many = await measured(copyTestInput({ train, holdout, synthetic }));
  assert.ok(many.low > 0.01);
});

test("plantings are what measuring the planted table gives, and leave the score itself alone", async () => {
  const [train, holdout, fresh] = cutAtRandom(people, [1500, 500, 1000], 4) as [never, never, never];
  const synthetic = concatRows([fresh, takeRows(train, range(0, 5))]);
  const input = copyTestInput({ train, holdout, synthetic });
  const score = await measured(input, fullLadder);
  assert.deepEqual({ ...score, plantings: [] }, { ...(await measured(input)), plantings: [] });
  assert.equal(score.plantings?.length, 3 * 5 * 6);
  for (const { leak, share, index, table } of plantedTables(input, { shares: [0.01, 0.1], plantings: 2 })) {
    const slow = await measured({ ...input, synthetic: table });
    const fast: Planting | undefined = score.plantings?.find(
      (p) => p.leak === leak && p.share === share && p.index === index,
    );
    assert.deepEqual(fast, { leak, share, index, value: slow.value, low: slow.low, high: slow.high });
  }
});

test("fresh real rows are refused no more often than alpha; one per cent of verbatim copies always is", async () => {
  let alarms = 0;
  let caught = 0;
  const runs = 120;
  for (let run = 0; run < runs; run++) {
    // Few labels and one number: natural twins are common, and some fresh rows equal unique real ones.
    const table = peopleTable(2400, { numbers: 1, categories: 2, random: randomFromSeed(run) });
    const [train, holdout, synthetic] = cutAtRandom(table, [900, 300, 1200], run) as [never, never, never];
    const input = copyTestInput({ train, holdout, synthetic }, { alpha: 0.05, seed: run });
    const score = await measured(input, { shares: [0.05], plantings: 1 });
    if (score.low > 0) alarms++;
    if ((score.plantings?.[0]?.low ?? 0) > 0.0002) caught++;
  }
  // Binomial(120, .05): more than 14 has probability under .001.
  assert.ok(alarms <= 14, `${alarms} false alarms in ${runs}`);
  assert.ok(caught >= 0.9 * runs, `${caught} caught of ${runs}`);
});
