import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import { withinGroupCorrelation } from "../../../src/metrics/fidelity/within-group-correlation.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn } from "../world.ts";

/** Groups of 2 to 4 rows; the share of variance between groups is `icc`. */
function grouped(seed: number, groups: number, icc: number): { table: Table; entities: Int32Array } {
  const random = randomFromSeed(seed);
  const values: number[] = [];
  const entities: number[] = [];
  for (let g = 0; g < groups; g++) {
    const own = random.normal() * Math.sqrt(icc);
    for (let i = 0; i < 2 + (g % 3); i++) {
      values.push(1e6 + own + random.normal() * Math.sqrt(1 - icc));
      entities.push(g);
    }
  }
  return { table: tableOf([numberColumn("x", values)]), entities: Int32Array.from(entities) };
}

test("the intraclass correlation of made-up groups is found within its interval", async () => {
  for (const icc of [0.2, 0.6, 0.9]) {
    const train = grouped(1, 500, icc);
    const holdout = grouped(2, 300, icc);
    const score = await measured(
      withinGroupCorrelation,
      inputOf(
        { train: train.table, holdout: holdout.table, synthetic: train.table },
        { entities: { train: train.entities, holdout: holdout.entities } },
      ),
    );
    assert.ok(score.low <= icc && icc <= score.high, `${icc}: ${score.low} … ${score.high}`);
    assert.ok(score.high - score.low < 0.25);
    assert.ok((score.ceiling?.value as number) < 0.1);
  }
});

test("rows without groups have none to lose", async () => {
  const { table } = grouped(1, 100, 0.5);
  const score = await withinGroupCorrelation.measure(inputOf({ train: table, holdout: table, synthetic: table }));
  assert.ok("notComputable" in score && score.notApplicable === true);
});
