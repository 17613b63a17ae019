import assert from "node:assert/strict";
import { test } from "node:test";
import type { Neighbours } from "../../../src/learners/neighbours/nearest.ts";
import { clopperPearson } from "../../../src/math/distributions.ts";
import {
  chernoffBound,
  closestFirst,
  excessAmongClosest,
  MAX_TIES,
  type Pool,
  permutationP,
} from "../../../src/metrics/privacy/closest.ts";
import { randomFromSeed } from "../../../src/random.ts";

/** Neighbours from plain lists: a distance and the nearest rows of each target. */
function neighboursOf(
  list: readonly (readonly [distance: number, rows: readonly number[], ties?: number])[],
): Neighbours {
  const start = new Uint32Array(list.length + 1);
  const rows = list.flatMap(([, nearest], i) => {
    start[i + 1] = (start[i] as number) + nearest.length;
    return nearest;
  });
  return {
    distance: Float64Array.from(list, ([distance]) => distance),
    ties: Uint32Array.from(list, ([, nearest, ties]) => ties ?? nearest.length),
    start,
    rows: Uint32Array.from(rows),
  };
}

function poolOf(train: number, holdout: number): Pool {
  return {
    unitOf: Int32Array.from({ length: train + holdout }, (_, i) => i),
    label: Uint8Array.from({ length: train + holdout }, (_, i) => (i < train ? 1 : 0)),
    trainUnits: train,
  };
}

function closest(neighbours: Neighbours, pool: Pool, cuts: readonly number[], alpha = 0.01) {
  const walk = [...closestFirst(neighbours)].map((row) => ({ neighbours, row }));
  return excessAmongClosest(walk, pool, {
    cuts: cuts.map((rows) => ({ q: rows, rows, alpha })),
    random: randomFromSeed(1),
    always: true,
  });
}

test("closest first: by distance, then by the fewest real rows that share it", () => {
  const neighbours = neighboursOf([
    [0.5, [0]],
    [0, [1, 2, 3]],
    [0, [4]],
    [0, [5, 6]],
  ]);
  assert.deepEqual([...closestFirst(neighbours)], [2, 3, 1, 0]);
});

test("ties at the cut are looked at too, and ties share the vote", () => {
  const pool = poolOf(6, 2);
  const neighbours = neighboursOf([
    [0, [0]],
    [0.1, [1, 7]],
    [0.1, [2, 6]],
    [0.4, [3]],
  ]);
  const [one, two, four] = closest(neighbours, pool, [1, 2, 4]) as [never, never, never] as ReturnType<typeof closest>;
  assert.deepEqual([one?.rows, one?.trainShare], [1, 1]);
  assert.deepEqual([two?.rows, two?.trainShare], [3, 2 / 3]);
  assert.deepEqual([four?.rows, four?.trainShare, four?.value], [4, 0.75, 0]);
});

test("rows that share one nearest real row count as one observation", () => {
  const pool = poolOf(500, 500);
  const apart = closest(neighboursOf(Array.from({ length: 40 }, (_, i) => [0.1, [i]] as const)), pool, [40])[0];
  assert.equal(apart?.effectiveRows, 40);
  assert.equal(apart?.low, (clopperPearson(40, 40, 0.01).low - 0.5) / 0.5);
  assert.ok((apart?.p ?? 1) <= 0.001);
  const together = closest(neighboursOf(Array.from({ length: 40 }, () => [0.1, [3]] as const)), pool, [40])[0];
  assert.equal(together?.effectiveRows, 1);
  assert.equal(together?.value, 1);
  assert.ok((together?.low ?? 1) < 0);
  assert.ok(Math.abs((together?.p ?? 0) - 0.5) < 0.05, `p is ${together?.p}`);
});

test("a row tied with too many real rows votes as the pool does", () => {
  const pool = poolOf(750, 250);
  const listed = Array.from({ length: MAX_TIES }, (_, i) => i);
  const crowd = closest(neighboursOf(Array.from({ length: 20 }, () => [0, listed, 900] as const)), pool, [20])[0];
  assert.equal(crowd?.trainShare, 0.75);
  assert.ok((crowd?.low ?? 1) <= 0);
});

test("the permutation test equals enumeration of all labellings", () => {
  // Four of eight units are train's; the weighted ones are 3, 2, 2, 1.
  const weights = Float64Array.of(3, 2, 2, 1);
  const pool = poolOf(4, 4);
  for (const observed of [8, 7, 6, 5, 4]) {
    let reached = 0;
    let all = 0;
    for (let set = 0; set < 256; set++) {
      const chosen = Array.from({ length: 8 }, (_, i) => (set >> i) & 1);
      if (chosen.reduce((sum, bit) => sum + bit, 0) !== 4) continue;
      all++;
      const sum = weights.reduce((total, weight, i) => total + weight * (chosen[i] as number), 0);
      if (sum >= observed) reached++;
    }
    const p = permutationP(weights, observed, {
      pool,
      alpha: 0.0003,
      random: randomFromSeed(observed),
      toTheEnd: true,
    });
    const want = reached / all;
    assert.ok(Math.abs(p - want) < 5 * Math.sqrt((want * (1 - want)) / 16_000) + 1e-4, `${p} against ${want}`);
  }
});

test("a permutation test that may stop early decides as the whole one does", () => {
  const random = randomFromSeed(9);
  const pool = poolOf(300, 100);
  for (let run = 0; run < 60; run++) {
    const weights = new Float64Array(20).fill(1);
    const options = { pool, alpha: 0.05, random: random.split(run) };
    const observed = 14 + (run % 7);
    const whole = permutationP(weights, observed, { ...options, toTheEnd: true });
    const early = permutationP(weights, observed, { ...options, random: random.split(run), toTheEnd: false });
    assert.equal(early <= 0.05, whole <= 0.05);
  }
});

test("Chernoff's bound is never under the permutation test's answer", () => {
  const random = randomFromSeed(4);
  const pool = poolOf(3000, 1000);
  for (let run = 0; run < 40; run++) {
    const weights = Float64Array.from({ length: 5 + random.integer(60) }, () => (random.uniform() < 0.2 ? 5 : 1));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const observed = total * (0.8 + 0.2 * random.uniform());
    const bound = chernoffBound(weights, observed, 0.75);
    const p = permutationP(weights, observed, { pool, alpha: 0.01, random: random.split(run), toTheEnd: true });
    assert.ok(bound >= p - 0.02, `bound ${bound} under ${p}`);
  }
  assert.equal(chernoffBound(Float64Array.of(1, 1), 1, 0.75), 1);
});
