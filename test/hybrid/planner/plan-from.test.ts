import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { harmful, helpful, inventedPilot, USELESS } from "../../../bench/hybrid/invented-pilot.ts";
import { InvalidArgument, InvalidData } from "../../../src/errors.ts";
import type { PlanAnswers, PlanQuestion } from "../../../src/hybrid/planner/answers.ts";
import type { Pilot, PilotCell } from "../../../src/hybrid/planner/pilot.ts";
import { pilotGrid } from "../../../src/hybrid/planner/pilot-grid.ts";
import { planFrom } from "../../../src/hybrid/planner/plan-from.ts";
import { lossAt, sizeForLoss } from "../../../src/hybrid/planner/surface.ts";
import { surfacesOf } from "../../../src/hybrid/planner/surfaces-of.ts";
import { randomFromSeed } from "../../../src/random.ts";

const QUESTION: PlanQuestion = { target: 0.82, cost: { real: 1, synthetic: 0.01 }, realAvailable: 1000, level: 0.9 };

function plan(
  pilot: Pilot,
  options: { readonly question?: Partial<PlanQuestion>; readonly draws?: number } = {},
): PlanAnswers {
  return planFrom(
    pilot,
    { ...QUESTION, ...options.question },
    { random: randomFromSeed(7), draws: options.draws ?? 20 },
  );
}

function pilotOf(
  truth: Parameters<typeof inventedPilot>[0]["truth"],
  more: Partial<Parameters<typeof inventedPilot>[0]> = {},
): Pilot {
  return inventedPilot({ truth, draws: "nested", random: randomFromSeed(1), ...more });
}

test("Useless synthetic rows are said to help, or to harm, in no more than a twentieth of pilots each", () => {
  const PILOTS = 40;
  const said = { helps: 0, harms: 0, "no-evidence": 0, depends: 0, "not-enough": 0 };
  for (let i = 0; i < PILOTS; i++) {
    const random = randomFromSeed(i).split("useless");
    const pilot = inventedPilot({
      truth: USELESS,
      multiples: [0, 2, 10],
      seeds: 4,
      draws: "nested",
      random: random.split("pilot"),
    });
    const grid = pilotGrid(pilot.cells, { metric: pilot.metric, arm: "mix" });
    said[surfacesOf(grid, { drawsOfReal: "nested", level: 0.9, draws: 40, random }).verdict]++;
  }
  // Each is at most 1 in 20: more than 6 of 40 would come up with a chance of .003.
  assert.ok(said.helps <= 6 && said.harms <= 6, JSON.stringify(said));
  assert.equal(said["not-enough"], 0);
});

test("Rows that help, and rows that harm, are told", () => {
  const helps = plan(pilotOf(helpful()));
  assert.equal(helps.synthetic, "helps");
  assert.ok(helps.fewestRealRows && helps.realRowsAlone && helps.fewestRealRows.value < helps.realRowsAlone.value);
  const truth = sizeForLoss(helpful(), 0.18);
  assert.ok(helps.realRowsAlone.low < truth && truth < helps.realRowsAlone.high);
  assert.match(helps.sentences[0] as string, /^Synthetic rows help here/);
  const harms = plan(pilotOf(harmful(-0.02)));
  assert.equal(harms.synthetic, "harms");
  assert.equal(harms.cheapest?.synthetic, 0);
  assert.match(harms.sentences[0] as string, /^Synthetic rows harm here/);
});

test("The same pilot and seed give the same answers, whatever the order of the cells", () => {
  const pilot = pilotOf(helpful());
  const turned = { ...pilot, cells: pilot.cells.toReversed() };
  assert.deepEqual(plan(turned, { draws: 10 }), plan(pilot, { draws: 10 }));
});

test("The cheapest mix is that of a search over all whole numbers, keeps the anchor, and has real rows", () => {
  const { cheapest, surface } = plan(pilotOf(helpful()), { draws: 10 });
  assert.ok(cheapest);
  let least = Number.POSITIVE_INFINITY;
  for (let real = 125; real <= 1000; real++)
    for (let synthetic = 0; synthetic <= 9 * real; synthetic++)
      if (lossAt(surface, { real, synthetic }) <= 0.18) {
        least = Math.min(least, real + 0.01 * synthetic);
        break;
      }
  assert.ok(lossAt(surface, cheapest) <= 0.18 + 1e-9);
  assert.ok(cheapest.cost <= 1.01 * least, `${cheapest.cost} against ${least}`);
  assert.ok(cheapest.real >= 125 && cheapest.synthetic <= 9 * cheapest.real);
  const free = plan(pilotOf(helpful()), { draws: 10, question: { cost: { real: 100, synthetic: 0 } } });
  assert.ok(free.cheapest && free.cheapest.real > 0);
  assert.match(free.sentences.at(-1) as string, /125/);
});

test("A pilot that has measured a mix below the anchor's rule may name it", () => {
  const answers = plan(pilotOf(helpful({ exchange: 1, saturation: 20 }), { cellNoise: 0.002, drawNoise: 0.002 }), {
    question: { target: 0.8, cost: { real: 1, synthetic: 0.001 } },
  });
  assert.ok(answers.cheapest && answers.cheapest.real < 125, JSON.stringify(answers.cheapest));
  assert.match(answers.sentences.at(-1) as string, /has measured/);
});

test("Nothing is said beyond four times what was measured", () => {
  const far = plan(pilotOf(USELESS), { draws: 20, question: { target: 0.919 } });
  assert.equal(far.realRowsAlone?.value, Number.POSITIVE_INFINITY);
  assert.equal(far.cheapest, null);
  assert.match(far.sentences.join(" "), /more real rows than this pilot can speak of/);
  assert.match(far.sentences.join(" "), /out of reach of the 1000 real rows at hand/);
  const plenty = plan(pilotOf(USELESS), { draws: 10, question: { target: 0.919, realAvailable: 1_000_000 } });
  assert.match(plenty.sentences.join(" "), /out of reach of the 3200 real rows that this pilot can speak of/);
  const { worth } = plenty;
  assert.deepEqual(
    worth.map(({ at }) => at.real),
    [800, 800],
    "the most that was tried",
  );
});

test("More real rows than synthetic ones can stand for are worth endlessly many of them", () => {
  const { worth } = plan(pilotOf(helpful()), { draws: 20, question: { realAvailable: 100, target: null } });
  assert.deepEqual(
    worth.map(({ extra, at }) => [extra, at.synthetic > 0]),
    [
      [125, false],
      [200, false],
      [125, true],
      [200, true],
    ],
  );
  for (const { asSynthetic, gain } of worth) {
    assert.equal(asSynthetic.value, Number.POSITIVE_INFINITY, "125 and 200 on top of 100 are more than .75 of them");
    assert.ok(gain.value > 0 && gain.low <= gain.value && gain.value <= gain.high);
  }
});

test("The share curve shows what was measured near a share, and synthetic rows alone as themselves", () => {
  const pilot = pilotOf(helpful());
  const alone = Array.from(
    { length: 3 },
    (_, seed): PilotCell => ({ real: 0, synthetic: 1000, seed, arm: "mix", test: "test", value: 0.5 + seed / 100 }),
  );
  const { shareCurve, surface } = plan({ ...pilot, cells: [...pilot.cells, ...alone] }, { draws: 10 });
  assert.deepEqual(
    shareCurve.points.map(({ share }) => share),
    [0, 0.5, 0.9, 0.95, 0.975, 1],
  );
  const last = shareCurve.points.at(-1);
  assert.equal(last?.fitted, null);
  assert.ok(Math.abs((last?.measured?.value.value ?? 0) - 0.51) < 1e-12);
  for (const { share, real, synthetic, fitted } of shareCurve.points.slice(0, -1)) {
    assert.equal(real + synthetic, shareCurve.total);
    assert.ok(Math.abs(synthetic / shareCurve.total - share) < 0.01);
    if (fitted) assert.ok(Math.abs(fitted.value - (1 - lossAt(surface, { real, synthetic }))) < 1e-12);
  }
  assert.deepEqual(plan(pilot, { draws: 10 }).surface, surface, "synthetic rows alone do not move the surface");
});

test("Amounts of synthetic rows that were tried at one real size alone set no limit, and move no total", () => {
  const pilot = pilotOf(helpful());
  const line = [25, 50, 100, 500, 1000].flatMap(
    (real) =>
      pilotOf(helpful(), { sizes: [real], multiples: [(1000 - real) / real], random: randomFromSeed(real) }).cells,
  );
  const { basis, shareCurve } = plan({ ...pilot, cells: [...pilot.cells, ...line] }, { draws: 10 });
  assert.equal(basis.largestMultiple, 19, "39 was tried at 25 real rows only; 19 and 20 count as one");
  assert.equal(shareCurve.total, 1000);
  for (const { real, measured } of shareCurve.points.slice(0, -1)) assert.equal(measured?.real, real);
});

test("Pretraining is recommended where its paired difference leaves 0 out, and mixing else", () => {
  const both = (exchange: number): PlanAnswers => {
    const cells = (["mix", "pretrain"] as const).flatMap(
      (arm) =>
        pilotOf(helpful({ exchange: arm === "mix" ? 0.1 : exchange }), {
          arm,
          random: randomFromSeed(arm === "mix" ? 1 : 2),
          drawNoise: 0.01,
        }).cells,
    );
    return plan({ ...pilotOf(helpful()), cells }, { draws: 10 });
  };
  const better = both(0.6);
  assert.equal(better.arm.recommended, "pretrain");
  assert.ok(better.arm.difference && better.arm.difference.low > 0);
  assert.equal(better.arm.pairs, 4 * 6 * 5);
  assert.ok(better.measured.some(({ arm, synthetic }) => arm === "pretrain" && synthetic > 0));
  assert.equal(both(0.1).arm.recommended, "mix");
  assert.equal(plan(pilotOf(helpful(), { arm: "pretrain" }), { draws: 10 }).arm.recommended, "pretrain");
});

test("A shifted test set gets answers of its own", () => {
  const pilot = pilotOf(helpful());
  const shifted = pilotOf(harmful(-0.03), { test: "shifted" });
  const answers = plan({ ...pilot, cells: [...pilot.cells, ...shifted.cells] });
  assert.deepEqual([answers.synthetic, answers.shifted?.synthetic], ["helps", "harms"]);
  assert.match(answers.sentences.join(" "), /shifted test set it is otherwise/);
  const few = plan({ ...pilot, cells: [...pilot.cells, ...shifted.cells.filter(({ real }) => real < 200)] });
  assert.equal(few.shifted, null);
  assert.match(few.sentences.join(" "), /too few real sizes to say anything/);
  assert.doesNotMatch(plan(pilot).sentences.join(" "), /shifted/);
});

test("Holes are named and the other cells used; a metric that is better when lower is turned", () => {
  const pilot = pilotOf(helpful());
  const cells = pilot.cells.map((cell, i) => (i % 9 === 4 ? { ...cell, value: null, failure: "no number" } : cell));
  const holed = plan({ ...pilot, cells });
  assert.equal(holed.holes.length, 16);
  assert.equal(holed.holes[0]?.failure, "no number");
  assert.equal(holed.synthetic, "helps");
  const error: Pilot = {
    ...pilot,
    metric: { name: "error", better: "lower", perfect: 0 },
    cells: pilot.cells.map((cell) => ({ ...cell, value: 1 - (cell.value as number) })),
  };
  const turned = plan(error, { question: { target: 0.18 } });
  const straight = plan(pilot);
  assert.deepEqual(turned.cheapest?.real, straight.cheapest?.real);
  assert.deepEqual(
    turned.worth.map(({ gain }) => Math.round(1e9 * gain.value)),
    straight.worth.map(({ gain }) => Math.round(1e9 * gain.value)),
  );
});

test("Where synthetic rows help over all and harm at some real size, that is the verdict, and the plan is of real rows alone", () => {
  const pilot = pilotOf(helpful(), { drawNoise: 0.005, cellNoise: 0.005 });
  const cells = pilot.cells.map((cell) =>
    cell.real === 800 && cell.synthetic > 0 ? { ...cell, value: (cell.value as number) - 0.05 } : cell,
  );
  const torn = plan({ ...pilot, cells });
  assert.deepEqual([torn.synthetic, torn.turnsAt, torn.cheapest?.synthetic], ["depends", [800], 0]);
  assert.match(torn.sentences.join(" "), /at 800 real rows synthetic ones made it worse/);
  const whole = plan(pilot);
  assert.deepEqual([whole.synthetic, whole.turnsAt], ["helps", []]);
  assert.doesNotMatch(whole.sentences.join(" "), /made it worse|were worse/);
});

test("Where synthetic rows do not help, what is said of real rows comes from cells without them", () => {
  const pilot = pilotOf(harmful(-0.05));
  // Worse by the same everywhere: no exchange rate holds that, and it must not bend the curve of real rows.
  const cells = pilot.cells.map((cell) =>
    cell.synthetic > 0 ? { ...cell, value: (cell.value as number) - 0.1 } : cell,
  );
  const [harmed, alone] = [
    plan({ ...pilot, cells }),
    plan({ ...pilot, cells: cells.filter(({ synthetic }) => synthetic === 0) }),
  ];
  assert.equal(harmed.synthetic, "harms");
  for (const name of ["floor", "exponent"] as const)
    assert.ok(Math.abs(harmed.surface[name] - alone.surface[name]) < 0.02);
  assert.ok(Math.abs((harmed.realRowsAlone?.value ?? 0) / (alone.realRowsAlone?.value ?? 1) - 1) < 0.03);
});

test("A curve that misses a measurement says so, and one that does not is silent", () => {
  const pilot = pilotOf(USELESS, { drawNoise: 0.005, cellNoise: 0.005 });
  const cells = pilot.cells.map((cell) =>
    cell.real === 200 ? { ...cell, value: (cell.value as number) - 0.08 } : cell,
  );
  assert.match(plan({ ...pilot, cells }, { draws: 10 }).sentences.join(" "), /misses what was measured: at 200 real/);
  assert.doesNotMatch(plan(pilot, { draws: 10 }).sentences.join(" "), /misses/);
});

test("Few seeds, few sizes and one amount of synthetic rows are said; too few sizes are refused", () => {
  const few = plan(pilotOf(helpful(), { seeds: 1, sizes: [50, 100, 200, 400] }), { draws: 20 });
  assert.match(few.sentences.join(" "), /one seed: its intervals are not to be trusted/);
  assert.match(few.sentences.join(" "), /4 real sizes are few/);
  const single = plan(pilotOf(helpful(), { multiples: [0, 5] }), { draws: 20 });
  assert.deepEqual([single.synthetic, single.exchangeRate, single.lines.length], ["not-enough", null, 1]);
  assert.match(single.sentences[0] as string, /^Not enough/);
  assert.throws(
    () => plan(pilotOf(helpful(), { sizes: [50, 100, 200] })),
    (error: unknown) =>
      error instanceof InvalidData && error.code === "too-few-sizes" && /50, 100, 200/.test(error.message),
  );
});

test("Whatever a pilot looks like, answers are numbers in order, mixes have real rows, and the frontier rises with the cost", () => {
  const shape = fc.record({
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    sizes: fc.subarray([10, 25, 50, 100, 200, 400, 1600], { minLength: 4 }),
    multiples: fc.subarray([0.5, 1, 3, 10, 40]),
    seeds: fc.integer({ min: 1, max: 4 }),
    exchange: fc.double({ min: -0.1, max: 1, noNaN: true }),
    scale: fc.constantFrom(0, 0.3, 1.6),
    noise: fc.constantFrom(0, 0.05, 0.5),
    target: fc.option(fc.double({ min: 0.3, max: 1, noNaN: true })),
    realAvailable: fc.constantFrom(5, 60, 1000, 10_000_000),
    cost: fc.record({ real: fc.constantFrom(0, 1, 100), synthetic: fc.constantFrom(0, 0.01, 3) }),
    hole: fc.integer({ min: 2, max: 40 }),
  });
  fc.assert(
    fc.property(
      shape,
      ({ seed, sizes, multiples, seeds, exchange, scale, noise, target, realAvailable, cost, hole }) => {
        const truth = exchange < 0 ? harmful(exchange) : helpful({ exchange });
        const pilot = inventedPilot({
          truth: { ...truth, scale },
          sizes,
          multiples: [0, ...multiples],
          seeds,
          drawNoise: noise,
          cellNoise: noise,
          random: randomFromSeed(seed),
        });
        const cells = pilot.cells.map((cell, i) =>
          cell.synthetic > 0 && i % hole === 0 ? { ...cell, value: null } : cell,
        );
        const answers = plan({ ...pilot, cells }, { draws: 5, question: { target, realAvailable, cost } });
        eachNumber(answers, (value, path) => assert.ok(!Number.isNaN(value), path));
        eachRange(answers, ({ low, high }, path) => assert.ok(low <= high, path));
        for (const mix of [...answers.frontier, ...(answers.cheapest ? [answers.cheapest] : [])])
          assert.ok(mix.real > 0 && mix.synthetic >= 0 && mix.real <= Math.max(realAvailable, Math.min(...sizes)));
        for (const [i, mix] of answers.frontier.slice(1).entries()) {
          const before = answers.frontier[i];
          assert.ok(before && mix.cost >= before.cost && mix.value.value > before.value.value);
        }
        assert.doesNotMatch(answers.sentences.join(" "), /NaN|undefined|Infinity|\[object/);
      },
    ),
    { numRuns: 15, seed: 1 },
  );
});

function eachNumber(value: unknown, visit: (value: number, path: string) => void, path = ""): void {
  if (typeof value === "number") visit(value, path);
  else if (value !== null && typeof value === "object")
    for (const [key, item] of Object.entries(value)) eachNumber(item, visit, `${path}.${key}`);
}

function eachRange(
  value: unknown,
  visit: (value: { readonly low: number; readonly high: number }, path: string) => void,
  path = "",
): void {
  if (value === null || typeof value !== "object") return;
  if ("low" in value && "high" in value) visit(value as { readonly low: number; readonly high: number }, path);
  for (const [key, item] of Object.entries(value)) eachRange(item, visit, `${path}.${key}`);
}

test("Questions that cannot be asked are refused", () => {
  for (const [question, code] of [
    [{ level: 1 }, "bad-level"],
    [{ realAvailable: 0 }, "bad-rows"],
    [{ cost: { real: -1, synthetic: 0 } }, "bad-cost"],
    [{ target: 1.2 }, "bad-target"],
  ] as const)
    assert.throws(
      () => plan(pilotOf(helpful()), { question }),
      (error: unknown) => error instanceof InvalidArgument && error.code === code,
    );
});
