import assert from "node:assert/strict";
import { test } from "node:test";
import { parametersIn } from "../../../src/hybrid/scaling/fit-law.ts";
import { type FittedLaw, fitPoints } from "../../../src/hybrid/scaling/fitted.ts";
import {
  type Held,
  heldExponent,
  heldFloor,
  heldGain,
  heldKnee,
  heldLearnt,
  heldLoss,
  heldSize,
} from "../../../src/hybrid/scaling/held.ts";
import { kneeOf, type Law, lossAt, sizeAt } from "../../../src/hybrid/scaling/law.ts";
import { profileInterval } from "../../../src/hybrid/scaling/profile.ts";
import { nelderMead } from "../../../src/math/nelder-mead.ts";
import { studentQuantile } from "../../../src/math/student-t.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { LAWS, pointsOfLaw } from "./points.ts";

/** Every number that can be held, with what computes it from a law. */
function heldOnes(fit: FittedLaw): readonly (readonly [string, Held, (law: Law) => number])[] {
  const [from, to, far] = [fit.largest, 2 * fit.largest, 4 * fit.largest];
  const goal = lossAt(fit.law, 3 * fit.largest);
  return [
    ["exponent", heldExponent(fit), (law) => law.exponent],
    ["floor", heldFloor(fit), (law) => law.floor],
    ["learnt", heldLearnt(fit), (law) => law.learnt],
    ["knee", heldKnee(fit), kneeOf],
    ["loss", heldLoss(fit, far), (law) => lossAt(law, far)],
    ["size", heldSize(fit, { loss: goal, most: 16 * fit.largest }), (law) => sizeAt(law, goal)],
    ["gain", heldGain(fit, { from, to }), (law) => lossAt(law, from) - lossAt(law, to)],
  ];
}

const points = pointsOfLaw(LAWS.bent, { rungs: 12, seeds: 1, scatter: 0.004, random: randomFromSeed(2) });

test("a number that is held is the number that the law has", () => {
  const fit = fitPoints(points, "rectified");
  for (const [name, held, of] of heldOnes(fit)) {
    assert.ok(Math.abs(of(fit.law) / held.estimate - 1) < 1e-9, name);
    const out = new Float64Array(4);
    for (const factor of [0.9, 1, 1.05]) {
      held.law(held.estimate * factor, Float64Array.from(held.free.start), out);
      const scale = fit.largest ** (out[2] as number);
      const law: Law = {
        kind: "rectified",
        amplitude: Math.exp(out[0] as number) * scale,
        learnt: (out[1] as number) * scale,
        exponent: out[2] as number,
        floor: out[3] as number,
      };
      assert.ok(Math.abs(of(law) / (held.estimate * factor) - 1) < 1e-9, `${name} × ${factor}`);
    }
  }
});

test("at either end of an interval the best law that is left has risen by Student's t squared, as a simplex finds too", () => {
  const fit = fitPoints(points, "rectified");
  const huberised = (residual: number): number =>
    Math.abs(residual) <= fit.huber ? residual ** 2 : 2 * fit.huber * Math.abs(residual) - fit.huber ** 2;
  const variance = fit.residuals.reduce((sum, r) => sum + r * r, 0) / fit.degreesOfFreedom;
  const bar = studentQuantile(0.95, fit.degreesOfFreedom) ** 2;
  assert.ok(fit.residuals.every((r) => Math.abs(r) < fit.huber));
  const { low, high } = profileInterval(fit, { held: heldExponent(fit), level: 0.9 });
  const [logAmplitude, learnt, , floor] = parametersIn(fit.law, fit.largest);
  for (const exponent of [low, high]) {
    const best = nelderMead(
      ([a, l, e]) => {
        if ((l as number) < 0 || (e as number) < 0) return Number.NaN;
        return points.sizes.reduce((sum, size, i) => {
          const loss = Math.exp(a as number) / ((l as number) + (size / fit.largest) ** exponent) + (e as number);
          return sum + huberised(Math.log(loss / (points.losses[i] as number)));
        }, 0);
      },
      { start: [logAmplitude, learnt, floor], evaluations: 4000, tolerance: 1e-9 },
    );
    const rise = (best.value - fit.cost) / variance;
    assert.ok(Math.abs(rise / bar - 1) < 0.01, `${exponent}: ${rise} for ${bar}`);
  }
});

test("90 % intervals of the law at 4 and 16 times the largest size hold the truth in 9 of 10 (80 of 100 at least, four times: false alarms under 1 in 200)", () => {
  const random = randomFromSeed(17);
  for (const name of ["bent", "plain"] as const) {
    const law = LAWS[name];
    const held = { 4: 0, 16: 0 };
    const trials = 100;
    for (let trial = 0; trial < trials; trial++) {
      const drawn = pointsOfLaw(law, {
        ...{ rungs: 10, seeds: 1, scatter: 0.01 },
        random: random.split(name).split(trial),
      });
      const fit = fitPoints(drawn, "rectified");
      for (const times of [4, 16] as const) {
        const { low, high } = profileInterval(fit, { held: heldLoss(fit, times * fit.largest), level: 0.9 });
        const truth = lossAt(law, times * fit.largest);
        if (low <= truth && truth <= high) held[times]++;
      }
    }
    assert.ok(held[4] > 79 && held[16] > 79, `${name}: ${held[4]} and ${held[16]} of ${trials}`);
  }
});

test("an interval that runs into the end of what is looked at says so", () => {
  const plain = fitPoints(
    pointsOfLaw(LAWS.plain, { rungs: 8, seeds: 1, scatter: 0.01, random: randomFromSeed(4) }),
    "rectified",
  );
  const learnt = profileInterval(plain, { held: heldLearnt(plain), level: 0.9 });
  assert.ok(learnt.lowOpen && learnt.low === 0 && !learnt.highOpen);
  const floorless = fitPoints(
    pointsOfLaw(LAWS.floorless, { rungs: 10, seeds: 1, scatter: 0.01, random: randomFromSeed(4) }),
    "rectified",
  );
  const floor = profileInterval(floorless, { held: heldFloor(floorless), level: 0.9 });
  assert.ok(floor.lowOpen && floor.low === 0 && floor.high > 0);
});
