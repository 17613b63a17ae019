import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { leastSquares } from "../../src/math/least-squares.ts";
import { nelderMead } from "../../src/math/nelder-mead.ts";
import { nonNegativePair } from "../../src/math/non-negative-pair.ts";
import { randomFromSeed } from "../../src/random.ts";

const rosenbrock = (p: Float64Array, out: Float64Array): void => {
  out[0] = 10 * ((p[1] as number) - (p[0] as number) ** 2);
  out[1] = 1 - (p[0] as number);
};
const squared = (p: Float64Array): number => {
  const out = new Float64Array(2);
  rosenbrock(p, out);
  return (out[0] as number) ** 2 + (out[1] as number) ** 2;
};

test("both optimisers find the minimum of Rosenbrock's valley", () => {
  const fit = leastSquares({ residuals: rosenbrock, count: 2, start: [-1.2, 1] });
  assert.ok(fit.converged && Math.hypot((fit.parameters[0] as number) - 1, (fit.parameters[1] as number) - 1) < 1e-6);
  const simplex = nelderMead(squared, { start: [-1.2, 1], tolerance: 1e-14, evaluations: 2000 });
  assert.ok(Math.hypot((simplex.parameters[0] as number) - 1, (simplex.parameters[1] as number) - 1) < 1e-5);
});

test("a bound that is in the way holds the parameter, and the rest is the best there is on it", () => {
  const fit = leastSquares({ residuals: rosenbrock, count: 2, start: [-1.2, 1], upper: [0.5, 9] });
  assert.equal(fit.parameters[0], 0.5);
  assert.ok(Math.abs((fit.parameters[1] as number) - 0.25) < 1e-8);
});

test("Huber's loss with a given Jacobian reaches the optimality condition Σ ψ(r) x = 0, and an outlier moves the line little", () => {
  const random = randomFromSeed(5);
  const x = Array.from({ length: 60 }, (_, i) => i / 10);
  const y = x.map((v, i) => 1 + 2 * v + 0.01 * random.normal() + (i === 59 ? 50 : 0));
  const problem = {
    residuals: (p: Float64Array, out: Float64Array) => {
      for (let i = 0; i < x.length; i++)
        out[i] = (p[0] as number) + (p[1] as number) * (x[i] as number) - (y[i] as number);
    },
    jacobian: (_: Float64Array, out: Float64Array) => {
      for (let i = 0; i < x.length; i++) {
        out[2 * i] = 1;
        out[2 * i + 1] = x[i] as number;
      }
    },
    count: x.length,
    start: [0, 0],
    huber: 0.02,
    iterations: 500,
  };
  const fit = leastSquares(problem);
  const residual = new Float64Array(x.length);
  problem.residuals(fit.parameters, residual);
  const psi = residual.map((r) => Math.max(-0.02, Math.min(0.02, r)));
  const score = psi.reduce((sum, v, i) => sum + v * (x[i] as number), 0);
  assert.ok(Math.abs(score) < 1e-5, String(score));
  assert.ok(Math.abs((fit.parameters[1] as number) - 2) < 0.01);
  const plain = leastSquares({ ...problem, huber: undefined, jacobian: undefined });
  assert.ok(Math.abs((plain.parameters[1] as number) - 2) > 0.2);
});

test("points where the function is not defined are walked round", () => {
  const found = nelderMead((p) => (p[0] as number) - Math.log(p[0] as number), { start: [3], steps: [-4] });
  assert.ok(Math.abs((found.parameters[0] as number) - 1) < 1e-4);
});

test("the pair is the best of a fine grid of non-negative pairs", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(num(), num(), num()), { minLength: 3, maxLength: 8 }), (rows) => {
      const sum = (f: (row: readonly [number, number, number]) => number): number =>
        rows.reduce((total, row) => total + f(row), 0);
      const found = nonNegativePair({
        ...{ uu: sum(([u]) => u * u), uv: sum(([u, v]) => u * v), vv: sum(([, v]) => v * v) },
        ...{ uy: sum(([u, , y]) => u * y), vy: sum(([, v, y]) => v * y), yy: sum(([, , y]) => y * y) },
      });
      const rest = (a: number, b: number): number => sum(([u, v, y]) => (y - a * u - b * v) ** 2);
      assert.ok(found.a >= 0 && found.b >= 0);
      assert.ok(Math.abs(found.rest - rest(found.a, found.b)) < 1e-9 * (1 + found.rest));
      for (let a = 0; a <= 2; a += 0.1)
        for (let b = 0; b <= 2; b += 0.1) assert.ok(rest(a, b) >= found.rest - 1e-9 * (1 + found.rest));
    }),
    { numRuns: 100, seed: 3 },
  );
});

function num(): fc.Arbitrary<number> {
  return fc.double({ min: -2, max: 2, noNaN: true, noDefaultInfinity: true }).map((v) => Math.round(v * 1e3) / 1e3);
}
