import assert from "node:assert/strict";
import { test } from "node:test";
import { concatRows, type Table, takeRows } from "../../../src/data/table.ts";
import { encodeMixed, fitMixedCodec } from "../../../src/metrics/privacy/mixed-table.ts";
import { mostIsolated, NEIGHBOURS } from "../../../src/metrics/privacy/most-isolated.ts";
import { rowDistances } from "../../../src/metrics/privacy/row-distances.ts";
import { FEATURES, type ShadowFeatures } from "../../../src/metrics/privacy/shadow-features.ts";
import { shadowModels } from "../../../src/metrics/privacy/shadow-models.ts";
import { scorerOf } from "../../../src/metrics/privacy/shadow-scores.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, people, schemaFor } from "../world.ts";
import { shadowsOf } from "./shadow-world.ts";

const train = people(randomFromSeed(1).split("train"), 500);
const holdout = people(randomFromSeed(1).split("holdout"), 300);
const real = concatRows([train, holdout]);
const fresh = (half: Table, random: Random): Table => people(random, half.rows);

/** A share of the half's own rows among fresh ones. */
const leaking =
  (share: number) =>
  (half: Table, random: Random): Table => {
    const kept = random.sample(half.rows, Math.round(share * half.rows));
    return concatRows([takeRows(half, kept), people(random, half.rows - kept.length)]);
  };

const inputFor = (give: (half: Table, random: Random) => Table, seed: number, runs = 16) => ({
  ...inputOf({ train, holdout, synthetic: holdout }, { seed }),
  shadows: shadowsOf(real, give, { runs, targets: 20, seed }),
});

test("a procedure that copies its rows is told for certain, and its distances shift", async () => {
  const score = await measured(
    shadowModels,
    inputFor((half) => half, 1),
  );
  assert.ok(score.value > 0.99 && score.low > 0.95, JSON.stringify(score));
  assert.equal(score.p, 0.001);
  const { auc, truePositiveRate, distanceShift } = score.details as {
    auc: number;
    truePositiveRate: number;
    distanceShift: { largest: number; byChance: number };
  };
  assert.ok(auc > 0.995 && truePositiveRate > 0.97);
  assert.ok(distanceShift.largest > 1.5 * distanceShift.byChance && distanceShift.byChance > 0);
});

test("a fifth of copies is told, and so are targets that are planted in a procedure that leaks nothing", async () => {
  const score = await measured(shadowModels, inputFor(leaking(0.2), 2, 24));
  assert.ok(score.low > 0 && (score.p as number) <= 0.01, JSON.stringify(score));
  const clean = await measured(shadowModels, inputFor(fresh, 3));
  assert.ok(Math.abs(clean.value) < 0.25, JSON.stringify(clean));
  assert.equal(clean.plantings?.length, 3);
  for (const { value, low, p, share } of clean.plantings ?? []) {
    assert.ok(value > 0.3 && low > 0 && (p as number) <= 0.01, `${value} ${low} ${p}`);
    assert.ok(share > 0.005 && share < 0.02);
  }
});

// The p-value is uniform but for ties where nothing depends on who was in: of 40 runs 2 are at or under .05 on average, and more than 7 with
// probability under .001. An advantage has a standard deviation of about .09 here (p of .5 at 0, 160 coins), the mean of 40 one of .014.
test("a procedure that never looks at the targets is told as often as the level says, and its area is a half", async () => {
  let small = 0;
  let sum = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { value, p = 1 } = await measured(shadowModels, inputFor(fresh, 10 + seed));
    if (p <= 0.05) small++;
    sum += value;
  }
  assert.ok(small <= 7, `${small} of 40`);
  assert.ok(Math.abs(sum / 40) < 0.05, `mean advantage ${sum / 40}`);
});

test("a score owes nothing to its own pair: changing who was in it leaves its scores as they are", () => {
  const random = randomFromSeed(5);
  const features: ShadowFeatures = {
    targets: 4,
    runs: 16,
    values: Float64Array.from({ length: 16 * 4 * FEATURES }, () => random.normal()),
    distance: new Float64Array(16 * 4),
  };
  const scorer = scorerOf(features);
  const side = Uint8Array.from({ length: 8 * 4 }, () => random.integer(2));
  const other = side.map((x, i) => (i >= 12 && i < 16 ? 1 - x : x));
  const [a, b] = [scorer.scores(side), scorer.scores(other)];
  assert.deepEqual(a.subarray(24, 32), b.subarray(24, 32));
  assert.notDeepEqual(a.subarray(0, 24), b.subarray(0, 24));
});

test("the most isolated rows are those of a search over all pairs, one per person", () => {
  const schema = schemaFor(real);
  const entities = Int32Array.from({ length: real.rows }, (_, i) => i >> 1);
  const candidates = Uint32Array.from({ length: 500 }, (_, i) => i);
  const found = mostIsolated(real, { candidates, count: 20, entities, schema, random: randomFromSeed(1) });
  const rows = encodeMixed([real], fitMixedCodec([real], schema));
  const far = Array.from(candidates, (row) => {
    const others = [...rowDistances(rows, row, rows)].filter((_, i) => i >> 1 !== row >> 1).sort((a, b) => a - b);
    return { row, far: others.slice(0, NEIGHBOURS).reduce((sum, x) => sum + x, 0) };
  }).sort((a, b) => b.far - a.far || a.row - b.row);
  const seen = new Set<number>();
  const wanted = far.filter(({ row }) => !seen.has(row >> 1) && seen.add(row >> 1)).map(({ row }) => row);
  assert.deepEqual(found, wanted.slice(0, 20));
});

test("without shadow models the metric names the flag, and with too few it says how many", async () => {
  const input = inputOf({ train, holdout, synthetic: holdout });
  const none = await shadowModels.measure(input);
  assert.ok("notComputable" in none && none.notApplicable && /--shadow-models N/.test(none.notComputable));
  const few = await shadowModels.measure({
    ...input,
    shadows: shadowsOf(real, fresh, { runs: 8, targets: 20, seed: 1 }),
  });
  assert.ok("notComputable" in few && !few.notApplicable && /at least 16/.test(few.notComputable));
});
