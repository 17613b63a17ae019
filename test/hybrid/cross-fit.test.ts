import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../src/data/table.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { crossFit } from "../../src/hybrid/cross-fit.ts";
import { randomFromSeed } from "../../src/random.ts";

const UNITS = 600;
const LABELLED = 120;
const random = randomFromSeed(5);
const x = Float64Array.from({ length: UNITS }, () => random.normal());
const units: Table = tableOf([
  { name: "x", type: "number", storage: "double", values: x },
  {
    name: "key",
    type: "text",
    storage: "text",
    codes: Int32Array.from(x, (_, i) => i),
    dictionary: Array.from(x, (_, i) => `K-${10_000 + 7 * i}`),
  },
]);
const labelled = Uint32Array.from({ length: LABELLED }, (_, i) => 5 * i);
const outcome = Float64Array.from(labelled, (unit) => (x[unit] as number) ** 2);
const fit = (values: Float64Array, average = true) =>
  crossFit(units, {
    labelled,
    outcome: values,
    chance: false,
    average,
    random: randomFromSeed(1),
    executor: localExecutor(),
  });

test("a unit's own label never enters its prediction, and enters that of most others", async () => {
  const before = await fit(outcome);
  const changed = outcome.slice();
  changed[7] = 40;
  const after = await fit(changed);
  const unit = labelled[7] as number;
  assert.equal(after?.predictions[unit], before?.predictions[unit]);
  const moved = [...labelled].filter((other) => after?.predictions[other] !== before?.predictions[other]);
  assert.ok(moved.length > LABELLED / 2, String(moved.length));
});

test("a key is no predictor, and what can be learnt is learnt", async () => {
  for (const average of [true, false]) {
    const found = await fit(outcome, average);
    assert.deepEqual(found?.predictors, ["x"]);
    let missed = 0;
    let spread = 0;
    for (let i = 0; i < UNITS; i++) {
      missed += ((found?.predictions[i] as number) - (x[i] as number) ** 2) ** 2;
      spread += ((x[i] as number) ** 2 - 1) ** 2;
    }
    assert.ok(missed < 0.35 * spread, String(missed / spread));
  }
});
