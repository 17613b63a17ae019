import assert from "node:assert/strict";
import { test } from "node:test";
import { residualRisk, wilsonRate } from "../../src/math/residual-risk.ts";

/** Attacks, successes, successes of the control (null: none), level; risk and its interval, as the reference implementation of Giomi et al. gives
 * them for these counts (Anonymeter 1.0.0, Clear BSD). */
const REFERENCE: readonly (readonly [number, number, number | null, number, number, number, number])[] = [
  [100, 100, null, 0.95, 0.9815032508965071, 0.9630065017930143, 1.0],
  [100, 100, null, 0.68, 0.9951036894831882, 0.9902073789663763, 1.0],
  [100, 23, null, 0.95, 0.23998824451588613, 0.15843265880303448, 0.3215438302287378],
  [500, 0, 0, 0.95, 0.0, 0.0, 0.005411853750198381],
  [500, 25, 10, 0.95, 0.03049271783683547, 0.006980398717263171, 0.05400503695640777],
  [500, 250, 200, 0.95, 0.1656063831643832, 0.07149434510554395, 0.2597184212232224],
  [500, 500, 400, 0.95, 0.9811546736227337, 0.9620293185565885, 1.0],
  [500, 480, 500, 0.95, 0.0, 0.0, 1.0],
  [100, 23, 20, 0.95, 0.03662076768106855, 0.0, 0.17696825456398618],
  [2000, 37, 30, 0.99, 0.0035473258527302055, 0.0, 0.014387214342774655],
  [1000, 10, 15, 0.95, 0.0, 0.0, 0.005206161104318176],
  [1, 1, 0, 0.95, 0.34238022750665315, 0.0, 1.0],
];

test("the residual risk is the reference's, for the same counts", () => {
  for (const [attacks, successes, control, level, risk, low, high] of REFERENCE) {
    const found = residualRisk(
      { attacks, successes, control: control === null ? undefined : { attacks, successes: control } },
      level,
    );
    for (const [got, want] of [
      [found.value, risk],
      [found.low, low],
      [found.high, high],
    ] as const)
      assert.ok(Math.abs(got - want) < 1e-12, `${attacks} ${successes} ${control}: ${got} for ${want}`);
  }
});

test("a rate's interval holds at the ends, and a control that always succeeds leaves nothing to find out", () => {
  const none = wilsonRate(0, 100, 0.95);
  assert.ok(none.value > 0 && Math.abs(none.value - none.error) < 1e-12);
  const all = residualRisk({ attacks: 100, successes: 100, control: { attacks: 100, successes: 100 } }, 0.95);
  assert.ok(all.value >= 0 && all.value < 1e-9);
});
