import assert from "node:assert/strict";
import { test } from "node:test";
import { fitSoftmax, predictSoftmax, type SoftmaxRegression } from "../../../src/learners/text/softmax-regression.ts";
import { type SparseRows, sparseRows } from "../../../src/learners/text/sparse-rows.ts";
import { randomFromSeed } from "../../../src/random.ts";

const CLASSES = 4;
const WIDTH = 30;

function invented(seed: number): { readonly rows: SparseRows; readonly truth: Int32Array } {
  const random = randomFromSeed(seed);
  const truth = Int32Array.from({ length: 120 }, () => random.integer(CLASSES));
  // Of about unit length, as texts are.
  const value = (column: number, label: number): number =>
    (random.normal() + (column % CLASSES === label ? 1 : 0)) / Math.sqrt(5);
  const rows = sparseRows(
    Array.from(truth, (label) => [...random.sample(WIDTH, 5)].map((column) => [column, value(column, label)])),
    WIDTH,
  );
  return { rows, truth };
}

/** Slope of the penalised loss, number by number. */
function slopes(
  model: SoftmaxRegression,
  of: { readonly rows: SparseRows; readonly truth: Int32Array; readonly slack: number; readonly prior?: Float64Array },
): Float64Array {
  const { rows, truth, slack, prior } = of;
  const chances = predictSoftmax(model, rows);
  const slope = model.weights.map((weight, i) => (weight - (prior?.[i] ?? 0)) / slack);
  for (let row = 0; row < rows.rows; row++) {
    const entries: [number, number][] = [[WIDTH, 1]];
    for (let at = rows.starts[row]!; at < rows.starts[row + 1]!; at++)
      entries.push([rows.columns[at]!, rows.values[at]!]);
    for (const [column, value] of entries)
      for (let k = 0; k < CLASSES; k++)
        slope[column * CLASSES + k]! += value * (chances[row * CLASSES + k]! - (truth[row] === k ? 1 : 0));
  }
  return slope;
}

test("At the weights that are found the penalised loss is level to a hundredth of each row, with a prior and without", () => {
  const { rows, truth } = invented(1);
  const bar = 0.01 * rows.rows;
  const steepest = (model: SoftmaxRegression, of: Parameters<typeof slopes>[1]): number =>
    Math.max(...slopes(model, of).map(Math.abs));
  for (const slack of [0.1, 1, 10]) {
    const random = randomFromSeed(0);
    const plain = fitSoftmax(rows, truth, { classes: CLASSES, slack, random });
    const task = { rows, truth, slack };
    assert.ok(steepest(plain, task) < bar, `slack ${slack}: ${steepest(plain, task)}`);
    // The bar tells weights that are too large or too small.
    for (const factor of [0.5, 1.5])
      assert.ok(steepest({ ...plain, weights: plain.weights.map((w) => factor * w) }, task) > bar, `slack ${slack}`);

    const other = { ...invented(2), slack, prior: plain.weights };
    const after = fitSoftmax(other.rows, other.truth, { classes: CLASSES, slack, random, prior: plain });
    assert.ok(steepest(after, other) < bar && steepest(plain, other) > bar);
  }
});

test("The order of the rows changes the way and not the end", () => {
  const { rows, truth } = invented(3);
  const [a, b] = [1, 2].map((seed) =>
    predictSoftmax(fitSoftmax(rows, truth, { classes: CLASSES, slack: 1, random: randomFromSeed(seed) }), rows),
  );
  a!.forEach((chance, i) => {
    assert.ok(Math.abs(chance - b![i]!) < 0.01);
  });
});

test("Without rows the prior stays, and with a narrow prior rows hardly move it", () => {
  const { rows, truth } = invented(4);
  const random = randomFromSeed(0);
  const prior = fitSoftmax(rows, truth, { classes: CLASSES, slack: 1, random });
  const none = sparseRows([], WIDTH);
  assert.deepEqual(fitSoftmax(none, [], { classes: CLASSES, slack: 1, random, prior }).weights, prior.weights);
  const other = invented(5);
  const narrow = fitSoftmax(other.rows, other.truth, { classes: CLASSES, slack: 1e-6, random, prior });
  narrow.weights.forEach((weight, i) => {
    assert.ok(Math.abs(weight - prior.weights[i]!) < 1e-3);
  });
});

test("Chances are positive and add up to one, for a row without entries too", () => {
  const { rows, truth } = invented(6);
  const model = fitSoftmax(rows, truth, { classes: CLASSES, slack: 1, random: randomFromSeed(0) });
  const chances = predictSoftmax(model, sparseRows([[], [[3, 1]]], WIDTH));
  for (const row of [0, 1]) {
    const own = chances.subarray(row * CLASSES, (row + 1) * CLASSES);
    assert.ok(own.every((chance) => chance > 0));
    assert.ok(Math.abs(own.reduce((sum, chance) => sum + chance, 0) - 1) < 1e-12);
  }
});
