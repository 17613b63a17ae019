import assert from "node:assert/strict";
import { test } from "node:test";
import { randomFromSeed } from "../../src/random.ts";
import { runText } from "../../src/text/run-text.ts";
import type { Step } from "../../src/text/step.ts";
import { callStep, type SimulatedOptions, simulatedModels } from "./simulated-models.ts";

const ROWS = 1000;
const LATENCY = 500;
const CAPACITY = { model: 256, judge: 128 };

const chain = (length: number): readonly Step[] =>
  Array.from({ length }, (_, at) => callStep(`step${at}`, at === 0 ? {} : { reads: [`step${at - 1}`] }));

/** Steps, and the calls of a row to each model. */
const SHAPES: Readonly<Record<string, { readonly steps: readonly Step[]; readonly depth: number }>> = {
  narrow: { steps: chain(1), depth: 1 },
  deep: { steps: chain(5), depth: 5 },
  wide: { steps: [1, 2, 3, 4, 5].map((at) => callStep(`step${at}`)), depth: 1 },
  diamond: {
    steps: [
      callStep("top"),
      callStep("left", { reads: ["top"] }),
      callStep("right", { reads: ["top"] }),
      callStep("bottom", { reads: ["left", "right"] }),
    ],
    depth: 3,
  },
  "dual-model": {
    steps: [
      callStep("question"),
      callStep("answer", { reads: ["question"] }),
      callStep("judgement", { model: "judge", reads: ["answer"] }),
    ],
    depth: 3,
  },
};

async function makespan(
  steps: readonly Step[],
  {
    rows = ROWS,
    latency = () => LATENCY,
  }: { readonly rows?: number; readonly latency?: SimulatedOptions["latency"] } = {},
): Promise<number> {
  const models = simulatedModels({ capacity: CAPACITY, latency });
  const run = await models.until(() =>
    runText(
      { steps },
      {
        rows,
        attempt: (index) => ({ sample: index, source: {}, sourceIndex: null, identity: index }),
        random: randomFromSeed(0),
        caller: models.caller,
        clock: models.clock,
        concurrency: CAPACITY.model,
        onAccepted() {},
      },
    ),
  );
  assert.equal(run.accepted, rows);
  return models.clock.milliseconds();
}

/** No schedule ends sooner: each model has its calls to answer, and a row its longest way. */
function optimum({ steps, depth }: (typeof SHAPES)[string], { rows = ROWS } = {}): number {
  const modelOf = (name: string): keyof typeof CAPACITY => (name === "judgement" ? "judge" : "model");
  const waves = (["model", "judge"] as const).map((model) => {
    const each = (rows * steps.filter(({ name }) => modelOf(name) === model).length) / CAPACITY[model];
    // What comes before the first call to this model, and after the last, it cannot shorten.
    const before = model === "judge" ? depth - 1 : 0;
    const after = model === "judge" ? 0 : steps.some(({ name }) => modelOf(name) === "judge") ? 1 : 0;
    return each === 0 ? 0 : Math.ceil(each) + before + after;
  });
  return LATENCY * Math.max(depth, ...waves);
}

for (const [name, shape] of Object.entries(SHAPES)) {
  // 300 rows are little more than the model takes at a time: rows first to last alone would take up to 1.67.
  test(`${name}: no later than 1.02 of what any schedule takes`, async () => {
    for (const rows of [300, 1000]) {
      const ratio = (await makespan(shape.steps, { rows })) / optimum(shape, { rows });
      assert.ok(ratio >= 1 && ratio <= 1.02, `${rows} rows: ${ratio}`);
    }
  });
}

test("answers of different length leave places free only in the last two of them", async () => {
  const random = randomFromSeed(3);
  let work = 0;
  const latency = (): number => {
    const took = 250 + random.integer(501);
    work += took;
    return took;
  };
  const took = await makespan(chain(5), { latency });
  assert.ok(took <= work / CAPACITY.model + 2 * 750, `${took} ms for ${work / CAPACITY.model}`);
});
