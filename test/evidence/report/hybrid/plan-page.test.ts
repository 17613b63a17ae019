import assert from "node:assert/strict";
import { test } from "node:test";
import { helpful, inventedPilot, USELESS } from "../../../../bench/hybrid/invented-pilot.ts";
import { renderPlanPage } from "../../../../src/evidence/report/hybrid/plan-page.ts";
import type { PlanAnswers } from "../../../../src/hybrid/planner/answers.ts";
import type { Pilot } from "../../../../src/hybrid/planner/pilot.ts";
import { planFrom } from "../../../../src/hybrid/planner/plan-from.ts";
import { randomFromSeed } from "../../../../src/random.ts";

function answersOf(pilot: Pilot, target: number | null): PlanAnswers {
  return planFrom(
    pilot,
    { target, cost: { real: 1, synthetic: 0.01 }, realAvailable: 1000, level: 0.9 },
    { random: randomFromSeed(3), draws: 5 },
  );
}

const pageOf = (answers: PlanAnswers): Promise<string> =>
  renderPlanPage({ version: "0.0.0", title: "grid.csv", answers, seed: 3, facts: [["Student", "<b>trees</b>"]] });

test("The page answers in its first words, shows all three pictures and every sentence", async () => {
  const pilot = inventedPilot({ truth: helpful(), random: randomFromSeed(1) });
  const shifted = inventedPilot({ truth: USELESS, test: "shifted", random: randomFromSeed(2) });
  const cells = [...pilot.cells, ...shifted.cells].map((cell, i) =>
    i === 20 ? { ...cell, value: null, failure: "<i>no number</i>" } : cell,
  );
  const answers = answersOf({ ...pilot, cells }, 0.82);
  const page = await pageOf(answers);
  assert.equal(page.match(/<figure class="curve">/g)?.length, 3);
  assert.match(page, /For accuracy 0\.82, train on \d+ real and/);
  for (const sentence of answers.sentences) assert.ok(page.includes(sentence.replaceAll("'", "&#39;")), sentence);
  for (const share of ["50", "90", "95", "97.5", "100"]) assert.ok(page.includes(`>${share}\u202F%<`), share);
  assert.match(page, /On the shifted test set/);
  assert.match(page, /&lt;i&gt;no number/);
  assert.doesNotMatch(page, /NaN|undefined|<i>no number|<b>trees/);
});

test("Pages of useless rows, out of reach, and without a target are whole, and twice the same bytes", async () => {
  const useless = inventedPilot({ truth: USELESS, random: randomFromSeed(1) });
  for (const [pilot, target] of [
    [useless, 0.919],
    [inventedPilot({ truth: USELESS, multiples: [0], seeds: 1, random: randomFromSeed(1) }), null],
  ] as const) {
    const answers = answersOf(pilot, target);
    const page = await pageOf(answers);
    if (target === null) assert.equal(page, await pageOf(answers));
    assert.match(page, /<\/html>\n$/);
    assert.equal(
      /no picture to draw/.test(page),
      pilot.cells.every(({ synthetic }) => synthetic === 0),
    );
    assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  }
});
