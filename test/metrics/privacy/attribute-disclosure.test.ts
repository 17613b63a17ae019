import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, concatRows, type Table, tableOf, takeRows } from "../../../src/data/table.ts";
import { attributeDisclosure } from "../../../src/metrics/privacy/attribute-disclosure.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, people, textColumn, world } from "../world.ts";

const first = (rows: number): Uint32Array => Uint32Array.from({ length: rows }, (_, i) => i);

/** The population of `people` with a secret that nothing else tells: one of ten labels at random. */
function withSecret(table: Table, seed: number): Table {
  const random = randomFromSeed(seed).split("secret");
  const labels = Array.from({ length: table.rows }, () => `s${random.integer(10)}`);
  return tableOf([...table.columns, textColumn("secret", labels)]);
}

function tables(seed: number): { readonly train: Table; readonly holdout: Table; readonly synthetic: Table } {
  const made = world(seed, { train: 900, holdout: 700, synthetic: 900 });
  return {
    train: withSecret(made.train, 3 * seed),
    holdout: withSecret(made.holdout, 3 * seed + 1),
    synthetic: withSecret(made.synthetic, 3 * seed + 2),
  };
}
const secretOnly = { purpose: { sensitive: ["secret"] } };

test("a copy of the training rows loses everything where the secret follows from nothing", async () => {
  const { train, holdout } = tables(1);
  const score = await measured(attributeDisclosure, inputOf({ train, holdout, synthetic: train }, secretOnly));
  assert.ok(score.value > 0.99 && score.low > 0.95, JSON.stringify(score));
  assert.ok((score.p as number) < 1e-50);
});

test("a tenth of copies is found, because the attacker may keep silent about everybody else", async () => {
  const { train, holdout, synthetic } = tables(2);
  const leaky = concatRows([takeRows(synthetic, first(810)), takeRows(train, first(90))]);
  const score = await measured(attributeDisclosure, inputOf({ train, holdout, synthetic: leaky }, secretOnly));
  assert.ok(score.low > 0.5 && (score.p as number) < 1e-6, JSON.stringify(score));
  const { worst } = score.details as { worst: { members: { recall: number; precision: number } } };
  assert.ok(worst.members.recall < 0.2 && worst.members.precision > 0.8, "few are guessed about, nearly all rightly");
  for (const planting of score.plantings ?? [])
    assert.ok(planting.low > 0 && planting.value > 0.5 && (planting.p as number) < 0.0003, JSON.stringify(planting));
  assert.equal(score.plantings?.length, 3);
});

test("a secret that everybody's other values give away is no loss, even in a copy", async () => {
  const made = tables(3);
  const told = (table: Table): Table => {
    const age = columnOf(table, "age");
    assert.ok(age.type === "number");
    return tableOf([
      ...table.columns,
      numberColumn(
        "double_age",
        [...age.values].map((years) => 2 * years),
      ),
    ]);
  };
  const train = told(made.train);
  const score = await measured(
    attributeDisclosure,
    inputOf(
      { train, holdout: told(made.holdout), synthetic: train },
      { purpose: { sensitive: ["double_age"], quasiIdentifiers: ["age"] } },
    ),
  );
  assert.ok(score.low <= 0, JSON.stringify(score));
  const { worst } = score.details as { worst: { nonMembers: { coefficient: number } } };
  assert.ok(worst.nonMembers.coefficient > 0.98);
});

// Each of 40 honest tables is told with probability at most .025 (the lower end of a 95 % interval over all looks) and has p ≤ .05 with probability
// at most .05: more than 5 tables told, and more than 8 such p, have a probability under .001 each.
test("fresh rows are told no more often than the level says", async () => {
  let told = 0;
  let small = 0;
  for (let seed = 0; seed < 40; seed++) {
    const made = world(100 + seed, { train: 600, holdout: 500, synthetic: 600 });
    const { value, low, p = 1 } = await measured(attributeDisclosure, inputOf(made, { seed, target: "grade" }));
    if (low > 0 && value > 0.25) told++;
    if (p <= 0.05) small++;
  }
  assert.ok(told <= 5, `${told} of 40 told`);
  assert.ok(small <= 8, `${small} of 40 with p ≤ .05`);
});

test("without people that were not fitted on, or with a single column, there is no number and a reason", async () => {
  const { train, synthetic } = tables(4);
  const alone = await attributeDisclosure.measure(inputOf({ train, synthetic }));
  assert.ok("notComputable" in alone && /--holdout/.test(alone.notComputable));
  const one = (seed: number): Table => {
    const table = people(randomFromSeed(seed), 600);
    return tableOf([columnOf(table, "age")]);
  };
  const single = await attributeDisclosure.measure(inputOf({ train: one(1), holdout: one(2), synthetic: one(3) }));
  assert.ok("notComputable" in single && single.notApplicable);
});
