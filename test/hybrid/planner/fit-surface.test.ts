import assert from "node:assert/strict";
import { test } from "node:test";
import { harmful, helpful, MULTIPLES, SIZES, USELESS } from "../../../bench/hybrid/invented-pilot.ts";
import { fitSurface } from "../../../src/hybrid/planner/fit-surface.ts";
import {
  lossAt,
  lossOfSize,
  multipleFor,
  type ResponseSurface,
  sizeForLoss,
  standIn,
} from "../../../src/hybrid/planner/surface.ts";
import type { SurfaceCell } from "../../../src/hybrid/planner/surface-model.ts";
import { nelderMead } from "../../../src/math/nelder-mead.ts";
import { randomFromSeed } from "../../../src/random.ts";

const near = (got: number, want: number, tolerance: number): void =>
  assert.ok(Math.abs(got - want) <= tolerance * Math.abs(want), `${got} instead of ${want}`);

function cellsOf(
  truth: ResponseSurface,
  options: { readonly noise?: number; readonly seed?: number; readonly sizes?: readonly number[] } = {},
): SurfaceCell[] {
  const { noise = 0, seed = 1, sizes = SIZES } = options;
  const random = randomFromSeed(seed);
  return sizes.flatMap((real) =>
    MULTIPLES.map((multiple) => {
      const rows = { real, synthetic: real * multiple };
      const loss = lossAt(truth, rows);
      return { ...rows, loss: loss * (1 + noise * random.normal()), scale: loss };
    }),
  );
}

test("Losses without noise give back the surface that made them, of each kind", () => {
  const saturating = fitSurface(cellsOf(helpful()), { kind: "saturating" }).surface;
  for (const name of ["floor", "exponent", "exchange", "saturation"] as const)
    near(saturating[name], helpful()[name], 0.02);
  const truth = { ...helpful(), kind: "exchange", exchange: 0.08, saturation: Number.POSITIVE_INFINITY } as const;
  near(fitSurface(cellsOf(truth), { kind: "exchange" }).surface.exchange, 0.08, 0.01);
  const harm = fitSurface(cellsOf(harmful(-0.05)), { kind: "exchange" }).surface;
  near(harm.exchange, -0.05, 0.01);
  near(harm.saturation, 20, 0.01);
  const alone = fitSurface(cellsOf(USELESS), { kind: "real-only" });
  assert.ok(alone.rmse < 1e-4, String(alone.rmse));
});

test("AICc prefers the kind that made the losses", () => {
  const kinds = ["real-only", "exchange", "saturating"] as const;
  const chosen = (truth: ResponseSurface, seed: number): string =>
    kinds
      .map((kind) => ({ kind, aicc: fitSurface(cellsOf(truth, { noise: 0.01, seed }), { kind }).aicc }))
      .reduce((a, b) => (b.aicc < a.aicc ? b : a)).kind;
  // A needless parameter is taken in about one of six; 12 of 20 is missed with a chance below .01.
  const right = (truth: ResponseSurface): number =>
    Array.from({ length: 20 }, (_, seed) => chosen(truth, seed)).filter((kind) => kind === truth.kind).length;
  assert.ok(right(USELESS) >= 12);
  assert.ok(right({ ...helpful(), kind: "exchange", saturation: Number.POSITIVE_INFINITY }) >= 12);
  assert.equal(right(helpful()), 20);
});

test("No simplex search from where a fit ends finds a noticeably better surface", () => {
  for (let seed = 0; seed < 8; seed++) {
    const cells = cellsOf(helpful(), { noise: 0.03, seed });
    const { surface, huber, rmse } = fitSurface(cells, { kind: "saturating" });
    const cost = (at: ArrayLike<number>): number => {
      const [floor, scale, offset, exponent, exchange, saturation] = Array.from(at, Math.exp) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      let sum = 0;
      for (const cell of cells) {
        const r =
          Math.abs(
            lossAt({ kind: "saturating", floor, scale, offset, exponent, exchange, saturation }, cell) - cell.loss,
          ) / cell.scale;
        sum += r <= huber ? r * r : 2 * huber * r - huber * huber;
      }
      return sum;
    };
    const { floor, scale, offset, exponent, exchange, saturation } = surface;
    const start = [floor, scale, offset, exponent, exchange, saturation].map((value) =>
      Math.log(Math.max(value, 1e-6)),
    );
    const better = nelderMead(cost, { start, steps: start.map(() => 0.1), evaluations: 3000 });
    assert.ok(
      better.value > 0.99 * cells.length * rmse * rmse,
      `seed ${seed}: ${better.value} < ${cells.length * rmse * rmse}`,
    );
  }
});

test("One wild cell hardly moves the exchange rate", () => {
  const cells = cellsOf(helpful(), { noise: 0.01, seed: 3 });
  const before = fitSurface(cells, { kind: "exchange" }).surface.exchange;
  const wild = cells.map((cell, i) => (i === 10 ? { ...cell, loss: cell.loss * 2 } : cell));
  near(fitSurface(wild, { kind: "exchange" }).surface.exchange, before, 0.15);
});

test("Fewer than six real sizes leave the offset at 0", () => {
  assert.equal(
    fitSurface(cellsOf(helpful(), { sizes: [25, 100, 400, 800] }), { kind: "saturating" }).surface.offset,
    0,
  );
});

test("A fit that starts from another one's end agrees with one that searches", () => {
  const cells = cellsOf(helpful(), { noise: 0.02, seed: 5 });
  const from = fitSurface(cellsOf(helpful(), { noise: 0.02, seed: 6 }), { kind: "saturating" });
  const [short, long] = [fitSurface(cells, { kind: "saturating", from }), fitSurface(cells, { kind: "saturating" })];
  for (const rows of [
    { real: 100, synthetic: 0 },
    { real: 400, synthetic: 4000 },
  ])
    near(lossAt(short.surface, rows), lossAt(long.surface, rows), 0.01);
});

test("Size for a loss, and synthetic rows for a share, undo the surface", () => {
  for (const surface of [helpful(), { ...helpful(), saturation: Number.POSITIVE_INFINITY }]) {
    for (const size of [3, 70, 5000]) near(sizeForLoss(surface, lossOfSize(surface, size)), size, 1e-9);
    for (const multiple of [0.5, 4, 60]) near(multipleFor(surface, standIn(surface, multiple)), multiple, 1e-9);
  }
  assert.equal(sizeForLoss(helpful(), helpful().floor), Number.POSITIVE_INFINITY);
  assert.equal(multipleFor(helpful(), 0.75), Number.POSITIVE_INFINITY, "exchange · saturation is the most");
  assert.equal(sizeForLoss(helpful(), 10), 0);
});
