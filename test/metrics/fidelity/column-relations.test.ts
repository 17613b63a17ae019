import assert from "node:assert/strict";
import { test } from "node:test";
import { columnRelations } from "../../../src/metrics/fidelity/column-relations.ts";
import { pairAccuracy } from "../../../src/metrics/fidelity/pair-accuracy.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, shuffled, world } from "../world.ts";

const tables = world(21, { train: 1500, holdout: 1500, synthetic: 1500 });

test("one column shuffled by itself stands out, though the mean over pairs passes", async () => {
  const input = inputOf({ ...tables, synthetic: shuffled(tables.synthetic, randomFromSeed(2), ["grade"]) });
  const score = await measured(columnRelations, input);
  assert.ok(score.normalised && score.normalised.high < 0.5, JSON.stringify(score.normalised));
  assert.equal(score.worst?.[0]?.name, "grade");
  assert.ok(((await measured(pairAccuracy, input)).normalised?.high ?? 0) > 0.5);
});

test("fresh rows keep the relations of every column", async () => {
  for (let seed = 0; seed < 12; seed++) {
    const score = await measured(
      columnRelations,
      inputOf(world(seed, { train: 600, holdout: 300, synthetic: 600 }), { seed }),
    );
    assert.ok((score.normalised?.high ?? 1) >= 0.75, `seed ${seed}: ${JSON.stringify(score.normalised)}`);
  }
});

test("it does not apply where columns are independent", async () => {
  const cut = (table: typeof tables.train, seed: number) => shuffled(table, randomFromSeed(seed));
  const score = await columnRelations.measure(
    inputOf({ train: cut(tables.train, 1), holdout: cut(tables.holdout, 2), synthetic: cut(tables.synthetic, 3) }),
  );
  assert.ok("notComputable" in score && score.notApplicable);
});
