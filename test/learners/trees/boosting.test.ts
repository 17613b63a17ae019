import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fitLinear, predictLinear } from "../../../src/learners/linear.ts";
import {
  type BinnedColumns,
  type BoostingModel,
  fitBoosting,
  predictBoosting,
} from "../../../src/learners/trees/boosting.ts";
import { mergeLevels } from "../../../src/learners/trees/boosting-bins.ts";
import { areaUnderCurve } from "../../../src/math/ranking.ts";
import { randomFromSeed } from "../../../src/random.ts";

const stump = {
  trees: 1,
  leaves: 2,
  learningRate: 1,
  minLeafRows: 1,
  minLeafHessian: 0,
  l2: 0,
  plainLevels: 256,
} as const;

/** Squared error left by a model on its own rows. */
function lossOf(model: BoostingModel, columns: readonly Uint8Array[], target: ArrayLike<number>): number {
  return predictBoosting(model, columns).reduce((sum, p, i) => sum + (p - (target[i] as number)) ** 2, 0);
}

/** Least squared error of any split of the rows into the two sides that `isLeft` names and leave at least `least` rows on each. */
function lossOfSplit(target: readonly number[], isLeft: (row: number) => boolean, least: number): number {
  let total = 0;
  for (const side of [true, false]) {
    const own = target.filter((_, row) => isLeft(row) === side);
    if (own.length < least) return Number.POSITIVE_INFINITY;
    const mean = own.reduce((a, b) => a + b, 0) / own.length;
    total += own.reduce((sum, y) => sum + (y - mean) ** 2, 0);
  }
  return total;
}

test("a single split is the best of all thresholds and all sets of categories", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: -9, max: 9 })),
        {
          minLength: 4,
          maxLength: 25,
        },
      ),
      fc.integer({ min: 1, max: 3 }),
      (rows, least) => {
        const columns = [Uint8Array.from(rows, ([a]) => a), Uint8Array.from(rows, ([, b]) => b)];
        const target = rows.map(([, , y]) => y);
        const mean = target.reduce((a, b) => a + b, 0) / target.length;
        let best = target.reduce((sum, y) => sum + (y - mean) ** 2, 0);
        for (let cut = 0; cut < 6; cut++)
          best = Math.min(
            best,
            lossOfSplit(target, (row) => (columns[0]?.[row] as number) <= cut, least),
          );
        for (let set = 1; set < 31; set++)
          best = Math.min(
            best,
            lossOfSplit(target, (row) => ((set >> (columns[1]?.[row] as number)) & 1) === 1, least),
          );
        const model = fitBoosting({
          columns,
          levels: [7, 5],
          ordered: [true, false],
          target,
          objective: { kind: "squared-error" },
          options: { ...stump, minLeafRows: least },
        });
        const loss = lossOf(model, columns, target);
        // With a least number of rows, the best set need not lie along the sorted order: then only thresholds are sure.
        if (least === 1) assert(Math.abs(loss - best) < 1e-6, `${loss} against ${best}`);
        else assert(loss >= best - 1e-6);
      },
    ),
    { seed: 3, numRuns: 300 },
  );
});

test("a fitted leaf takes Newton's step under its ridge, at the learning rate", () => {
  const columns = [Uint8Array.from([0, 0, 0, 1, 1, 1])];
  const target = [0, 0, 1, 1, 1, 1];
  const model = fitBoosting({
    columns,
    levels: [2],
    ordered: [true],
    target,
    objective: { kind: "logistic" },
    options: { trees: 1, leaves: 2, minLeafRows: 1, l2: 2, learningRate: 0.3 },
  });
  const base = Math.log(4.5 / 2.5);
  const p = 1 / (1 + Math.exp(-base));
  const leaf = (positives: number): number => base + (0.3 * (positives - 3 * p)) / (3 * p * (1 - p) + 2);
  const [low, , , high] = predictBoosting(model, columns) as unknown as number[];
  assert(Math.abs((low as number) - 1 / (1 + Math.exp(-leaf(1)))) < 1e-12);
  assert(Math.abs((high as number) - 1 / (1 + Math.exp(-leaf(3)))) < 1e-12);
});

/** Rows with an interaction between two categories, a number that tells a little, and one that tells nothing. */
function drawInteraction(rows: number, seed: number): BinnedColumns & { readonly target: Uint8Array } {
  const random = randomFromSeed(seed);
  const a = Uint8Array.from({ length: rows }, () => random.integer(6));
  const b = Uint8Array.from({ length: rows }, () => random.integer(6));
  const number = Uint8Array.from({ length: rows }, () => random.integer(100));
  const noise = Uint8Array.from({ length: rows }, () => random.integer(200));
  const target = Uint8Array.from({ length: rows }, (_, i) => {
    const odd = ((a[i] as number) % 2) ^ ((b[i] as number) % 2);
    return random.uniform() < 0.15 + 0.6 * odd + (0.2 * (number[i] as number)) / 100 ? 1 : 0;
  });
  return { columns: [a, b, number, noise], levels: [6, 6, 100, 200], ordered: [false, false, true, true], target };
}

test("an exclusive-or of categories is learned, to within .02 of the best possible AUC; ridge alone cannot", () => {
  const train = drawInteraction(4000, 5);
  const fresh = drawInteraction(4000, 6);
  const best = areaUnderCurve(
    Float64Array.from(fresh.target, (_, i) => {
      const [a, b, number] = fresh.columns as [Uint8Array, Uint8Array, Uint8Array];
      return 0.6 * (((a[i] as number) % 2) ^ ((b[i] as number) % 2)) + (0.2 * (number[i] as number)) / 100;
    }),
    fresh.target,
  );
  const objective = { kind: "logistic" } as const;
  const model = fitBoosting({ ...train, objective });
  const area = areaUnderCurve(predictBoosting(model, fresh.columns), fresh.target);
  assert(area > best - 0.02, `${area} against ${best}`);
  assert(Math.min(model.gains[0] as number, model.gains[1] as number) > (model.gains[3] as number));
  const linear = areaUnderCurve(predictLinear(fitLinear({ ...train, objective }), fresh.columns), fresh.target);
  assert(linear > 0.5 && linear < 0.62, `${linear}`);
});

test("an ordered column may be renamed by any increasing map without changing a prediction", () => {
  const train = drawInteraction(1500, 7);
  const stretched = train.columns.map((codes, j) => (j === 2 ? codes.map((code) => 2 * code + 3) : codes));
  const levels = train.levels.map((count, j) => (j === 2 ? 2 * count + 4 : count));
  const objective = { kind: "logistic" } as const;
  for (const bins of [256, 16]) {
    const plain = fitBoosting({ ...train, objective, options: { bins } });
    const renamed = fitBoosting({ ...train, columns: stretched, levels, objective, options: { bins } });
    assert.deepEqual(predictBoosting(renamed, stretched), predictBoosting(plain, train.columns));
  }
});

test("chosen rows give the model of a table of those rows, and whole weights the model of repeated rows", () => {
  const train = drawInteraction(900, 8);
  const rows = randomFromSeed(9).sample(900, 400);
  const objective = { kind: "logistic" } as const;
  const chosen = fitBoosting({ ...train, rows, objective });
  const copied = fitBoosting({
    ...train,
    columns: train.columns.map((codes) => Uint8Array.from(rows, (row) => codes[row] as number)),
    target: Uint8Array.from(rows, (row) => train.target[row] as number),
    objective,
  });
  assert.deepEqual(chosen, copied);
  const options = { ...stump, learningRate: 0.5, trees: 3, leaves: 4 };
  const weights = Float64Array.from({ length: 900 }, (_, i) => 1 + (i % 3));
  const repeated = Uint32Array.from([...weights.keys()].flatMap((row) => new Array(weights[row] as number).fill(row)));
  const byWeight = predictBoosting(
    fitBoosting({ ...train, weights, objective: { kind: "squared-error" }, options }),
    train.columns,
  );
  const byRepeat = predictBoosting(
    fitBoosting({ ...train, rows: repeated, objective: { kind: "squared-error" }, options }),
    train.columns,
  );
  byWeight.forEach((value, i) => {
    assert(Math.abs(value - (byRepeat[i] as number)) < 1e-9);
  });
});

test("softmax chances sum to one and rank three classes nearly as well as the truth does", () => {
  const random = randomFromSeed(10);
  const draw = (rows: number) => {
    const a = Uint8Array.from({ length: rows }, () => random.integer(50));
    const b = Uint8Array.from({ length: rows }, () => random.integer(5));
    const target = a.map((x, i) =>
      random.uniform() < 0.75 ? (x < 17 ? 0 : (b[i] as number) < 2 ? 1 : 2) : random.integer(3),
    );
    return { columns: [a, b], levels: [50, 5], ordered: [true, false], target };
  };
  const train = draw(3000);
  const fresh = draw(2000);
  const model = fitBoosting({ ...train, objective: { kind: "softmax", classes: 3 }, options: { trees: 40 } });
  const chances = predictBoosting(model, fresh.columns);
  for (let i = 0; i < 2000; i++) {
    const sum = (chances[3 * i] as number) + (chances[3 * i + 1] as number) + (chances[3 * i + 2] as number);
    assert(Math.abs(sum - 1) < 1e-12);
  }
  let right = 0;
  for (let i = 0; i < 2000; i++) {
    const own = [0, 1, 2].map((k) => chances[3 * i + k] as number);
    if (own.indexOf(Math.max(...own)) === fresh.target[i]) right++;
  }
  // The truth is right in 5/6 of the rows; four standard errors are .033.
  assert(right / 2000 > 5 / 6 - 0.04, `${right / 2000}`);
});

test("regression explains what there is to explain", () => {
  const random = randomFromSeed(11);
  const draw = (rows: number) => {
    const a = Uint8Array.from({ length: rows }, () => random.integer(100));
    const b = Uint8Array.from({ length: rows }, () => random.integer(10));
    const target = Float64Array.from(a, (x, i) => Math.sin(x / 15) * (1 + (b[i] as number)) + random.normal());
    return { columns: [a, b], levels: [100, 10], ordered: [true, true], target };
  };
  const train = draw(4000);
  const fresh = draw(2000);
  const predictions = predictBoosting(fitBoosting({ ...train, objective: { kind: "squared-error" } }), fresh.columns);
  const error = predictions.reduce((sum, p, i) => sum + (p - (fresh.target[i] as number)) ** 2, 0) / 2000;
  assert(error > 0.85 && error < 1.35, `noise of variance 1 left ${error}`);
});

test("a model that goes on for some rounds more on the same rows is the model of all those rounds", () => {
  const random = randomFromSeed(12);
  const rows = 400;
  const columns = Array.from({ length: 5 }, () => Uint8Array.from({ length: rows }, () => random.integer(8)));
  const common = {
    columns,
    levels: columns.map(() => 8),
    ordered: [true, true, false, false, true],
    weights: Float64Array.from({ length: rows }, () => 1 + random.integer(3)),
    rows: random.sample(rows, 300),
  };
  for (const objective of [{ kind: "squared-error" }, { kind: "logistic" }, { kind: "softmax", classes: 3 }] as const) {
    const target = Float64Array.from(
      { length: rows },
      (_, i) => ((columns[0] as Uint8Array)[i] as number) % (objective.kind === "softmax" ? 3 : 2),
    );
    const fit = (trees: number, from?: BoostingModel): BoostingModel =>
      fitBoosting({
        ...common,
        target,
        objective,
        from,
        options: { trees, columnShare: 0.5, leaves: 6, key: [1, 2, 3, 4] },
      });
    assert.deepEqual(fit(5, fit(7)), fit(12));
  }
});

test("a model that goes on with rows of one class learns of them, where a new one could not tell anything", () => {
  const columns = [Uint8Array.from({ length: 60 }, (_, i) => i % 2)];
  const common = { columns, levels: [2], ordered: [true], objective: { kind: "logistic" } as const };
  const target = Float64Array.from({ length: 60 }, (_, i) => (i < 40 ? i % 2 : 1));
  const before = fitBoosting({ ...common, target, rows: Uint32Array.from({ length: 40 }, (_, i) => i) });
  const after = fitBoosting({
    ...common,
    target,
    from: before,
    rows: Uint32Array.from({ length: 20 }, (_, i) => 40 + i),
  });
  const [chance, moved] = [before, after].map((model) => predictBoosting(model, [Uint8Array.of(0)])[0] as number);
  assert.ok((chance as number) < 0.1, `${chance}`);
  assert.equal(moved, chance, "without a split there is no step");
  const split = fitBoosting({
    ...common,
    target,
    from: before,
    rows: Uint32Array.from({ length: 20 }, (_, i) => 40 + i),
    options: { minLeafRows: 5 },
  });
  assert.ok((predictBoosting(split, [Uint8Array.of(0)])[0] as number) > (chance as number));
});

test("no rows, one class, and levels never seen are predicted without a fuss", () => {
  const objective = { kind: "logistic" } as const;
  const none = fitBoosting({ columns: [new Uint8Array(0)], levels: [3], ordered: [true], target: [], objective });
  assert.deepEqual([...predictBoosting(none, [Uint8Array.of(0, 2)])], [0.5, 0.5]);
  const train = drawInteraction(500, 12);
  const one = fitBoosting({ ...train, target: new Uint8Array(500).fill(1), objective });
  assert.equal(one.roots.length, 0);
  assert((predictBoosting(one, train.columns)[0] as number) > 0.99);
  const model = fitBoosting({ ...train, objective });
  for (const p of predictBoosting(
    model,
    train.columns.map(() => Uint8Array.of(255)),
  ))
    assert(p > 0 && p < 1);
});

test("trees that see a share of the columns depend on the key alone, and use every column in the end", () => {
  const train = drawInteraction(1000, 13);
  const objective = { kind: "logistic" } as const;
  const fit = (key: readonly [number, number, number, number]) =>
    fitBoosting({ ...train, objective, options: { columnShare: 0.5, key } });
  assert.deepEqual(fit([1, 2, 3, 4]), fit([1, 2, 3, 4]));
  assert.notDeepEqual(fit([1, 2, 3, 4]), fit([1, 2, 3, 5]));
  assert(fit([1, 2, 3, 4]).gains.every((gain) => gain > 0));
});

test("merged levels keep their order, are about equal, and leave a heavy level alone", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 256 }),
      fc.integer({ min: 2, max: 64 }),
      (counts, bins) => {
        const { group, top } = mergeLevels(Int32Array.from(counts), bins);
        const total = counts.reduce((a, b) => a + b, 0);
        const present = counts.filter((count) => count > 0).length;
        for (let level = 1; level < counts.length; level++)
          assert([0, 1].includes((group[level] as number) - (group[level - 1] as number)));
        assert.equal(group.at(-1), top.length - 1);
        top.forEach((level, g) => {
          if (g < top.length - 1) assert(group[level] === g && group[level + 1] === g + 1);
        });
        if (present > bins) {
          assert(top.length <= 2 * bins);
          counts.forEach((count, level) => {
            if (count < total / bins) return;
            const mates = counts.filter((other, k) => k !== level && other > 0 && group[k] === group[level]);
            assert.equal(mates.length, 0);
          });
        } else assert.equal(new Set([...counts.keys()].filter((k) => counts[k]).map((k) => group[k])).size, present);
      },
    ),
    { seed: 6 },
  );
});

test("ridge on one-hot levels solves its normal equations", () => {
  const random = randomFromSeed(14);
  const n = 200;
  const columns = [0, 1].map(() => Uint8Array.from({ length: n }, () => random.integer(4)));
  const target = Float64Array.from(
    { length: n },
    (_, i) => 2 * (columns[0]?.[i] as number) - (columns[1]?.[i] as number) + random.normal(),
  );
  const model = fitLinear({
    columns,
    levels: [4, 4],
    ordered: [false, false],
    target,
    objective: { kind: "squared-error" },
    options: { l2: 3, sweeps: 500, tolerance: 1e-12 },
  });
  const residual = predictLinear(model, columns).map((p, i) => p - (target[i] as number));
  for (const [j, codes] of columns.entries())
    for (let level = 0; level < 4; level++) {
      const gradient = residual.reduce((sum, r, i) => sum + (codes[i] === level ? r : 0), 0);
      assert(Math.abs(gradient + 3 * ((model.weights[j] as Float64Array)[level] as number)) < 1e-6);
    }
});

test("logistic ridge is at the optimum of its penalised likelihood", () => {
  const train = drawInteraction(800, 15);
  const model = fitLinear({
    ...train,
    objective: { kind: "logistic" },
    options: { sweeps: 500, tolerance: 1e-10, groups: 256 },
  });
  const residual = predictLinear(model, train.columns).map((p, i) => p - (train.target[i] as number));
  for (const [j, codes] of train.columns.entries())
    for (let level = 0; level < (train.levels[j] as number); level++) {
      if (!codes.includes(level)) continue;
      const gradient = residual.reduce((sum, r, i) => sum + (codes[i] === level ? r : 0), 0);
      assert(Math.abs(gradient + ((model.weights[j] as Float64Array)[level] as number)) < 1e-6);
    }
});
