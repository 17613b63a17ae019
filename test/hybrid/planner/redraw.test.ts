import assert from "node:assert/strict";
import { test } from "node:test";
import type { PilotCell } from "../../../src/hybrid/planner/pilot.ts";
import { type PilotGrid, pilotGrid } from "../../../src/hybrid/planner/pilot-grid.ts";
import { redrawnMeans } from "../../../src/hybrid/planner/redraw.ts";
import { studentQuantile } from "../../../src/math/student-t.ts";
import { randomFromSeed } from "../../../src/random.ts";

const DRAWS = 2000;

function gridOf(seeds: number): PilotGrid {
  const random = randomFromSeed(11);
  const cells = Array.from({ length: seeds }, (_, seed) =>
    [100, 200].map(
      (real): PilotCell => ({
        real,
        synthetic: 0,
        seed,
        arm: "mix",
        test: "test",
        value: 0.7 + 0.05 * random.normal(),
      }),
    ),
  ).flat();
  return pilotGrid(cells, { metric: { name: "accuracy", better: "higher", perfect: 1 }, arm: "mix" });
}

/** Share of redrawn contrasts within Student's 90 % interval of the measured one. */
function shareWithin(grid: PilotGrid, weights: readonly number[], draws: "nested" | "independent"): number {
  const contrast = (means: ArrayLike<number>): number =>
    weights.reduce((sum, w, i) => sum + w * (means[i] as number), 0);
  const [a, b] = grid.cells;
  assert.ok(a && b);
  const bySeed = Array.from(
    a.losses,
    (loss, k) => (weights[0] as number) * loss + (weights[1] as number) * (b.losses[k] as number),
  );
  const mean = bySeed.reduce((sum, x) => sum + x, 0) / bySeed.length;
  const variance = bySeed.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (bySeed.length - 1);
  const half = studentQuantile(0.95, bySeed.length - 1) * Math.sqrt(variance / bySeed.length);
  let inside = 0;
  for (let k = 0; k < DRAWS; k++) {
    const means = redrawnMeans(grid, { draws, scales: [1, 1], noise: 0, random: randomFromSeed(k) });
    if (Math.abs(contrast(means) - mean) <= half) inside++;
  }
  return inside / DRAWS;
}

// 2,000 draws have a standard error of .0067: four of them, missed with a chance of 1 in 15,000.
const BAND = 0.027;

test("Redrawn contrasts of nested draws spread as Student's t does, with seeds − 1 degrees of freedom", () => {
  for (const seeds of [3, 5])
    for (const weights of [
      [1, 0],
      [1, -1],
      [0.3, 0.7],
    ])
      assert.ok(Math.abs(shareWithin(gridOf(seeds), weights, "nested") - 0.9) < BAND, `${seeds} seeds, ${weights}`);
});

test("So do those of one size where each size was drawn by itself, and sizes are then independent", () => {
  const grid = gridOf(4);
  assert.ok(Math.abs(shareWithin(grid, [0, 1], "independent") - 0.9) < BAND);
  let product = 0;
  for (let k = 0; k < DRAWS; k++) {
    const means = redrawnMeans(grid, { draws: "independent", scales: [1, 1], noise: 0, random: randomFromSeed(k) });
    // Signs, since Student's t with three degrees of freedom has endless fourth moments.
    const [x, y] = grid.cells.map(({ mean }, i) => Math.sign((means[i] as number) - mean)) as [number, number];
    product += x * y;
  }
  assert.ok(Math.abs(product) < 4 * Math.sqrt(DRAWS), String(product));
});

test("A cell with one seed borrows the spread it is given", () => {
  const { cells, ...rest } = gridOf(1);
  let squares = 0;
  for (let k = 0; k < DRAWS; k++) {
    const [mean] = redrawnMeans(
      { cells, ...rest },
      { draws: "nested", scales: [2, 1], noise: 0.1, random: randomFromSeed(k) },
    );
    squares += ((mean as number) - (cells[0]?.mean ?? 0)) ** 2;
  }
  assert.ok(Math.abs(squares / DRAWS / 0.04 - 1) < 0.13);
});
