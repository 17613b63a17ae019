import assert from "node:assert/strict";
import { test } from "node:test";
import type { Table } from "../../../src/data/table.ts";
import { subgroupDisparity } from "../../../src/metrics/fairness/subgroup-disparity.ts";
import { isMeasured, type MetricInput } from "../../../src/metrics/metric.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured } from "../world.ts";
import { applicants, KINDS, keepRows, withHired } from "./groups.ts";

function inputs(
  seed: number,
  rows: number,
  options: { readonly change?: (table: Table) => Table; readonly target?: string } = {},
): MetricInput {
  const random = randomFromSeed(seed).split("applicants");
  const draw = (label: string): Table => applicants(random.split(label), rows);
  const synthetic = draw("synthetic");
  return inputOf(
    { train: draw("train"), holdout: draw("holdout"), synthetic: options.change?.(synthetic) ?? synthetic },
    { seed, kinds: KINDS, target: options.target ?? "hired", purpose: { protectedAttributes: ["sex", "region"] } },
  );
}

test("two fifths of the hired women of one region turned down are seen, as that subgroup, in at least 17 of 20 tables", async () => {
  let seen = 0;
  for (let seed = 0; seed < 20; seed++) {
    const random = randomFromSeed(seed).split("flip");
    const score = await measured(
      subgroupDisparity,
      inputs(seed, 8000, {
        change: (table) =>
          withHired(table, ({ sex, region, hired }) =>
            sex === "f" && region === "north" && random.uniform() < 0.4 ? "no" : hired,
          ),
      }),
    );
    if ((score.difference?.low as number) > 0 && score.worst?.[0]?.name === "sex = f, region = north") seen++;
  }
  assert.ok(seen >= 17, `seen in ${seen} of 20`);
});

test("the share of a subgroup is not its outcome: half of the women dropped leaves the outcome as it was", async () => {
  let alarms = 0;
  for (let seed = 0; seed < 40; seed++) {
    const random = randomFromSeed(seed).split("drop");
    const score = await measured(
      subgroupDisparity,
      inputs(seed, 1500, { change: (table) => keepRows(table, ({ sex }) => sex === "m" || random.uniform() < 0.5) }),
    );
    if ((score.difference?.low as number) > 0) alarms++;
  }
  assert.ok(alarms <= 3, `${alarms} false alarms of 40`);
});

test("subgroups with fewer than five real rows on one side of the outcome are not told of", async () => {
  const input = inputs(2, 3000);
  const nobody = (table: Table, most: number): Table => {
    let hired = 0;
    return withHired(table, (row) =>
      row.region === "west" && row.hired === "yes" && ++hired > most ? "no" : row.hired,
    );
  };
  const score = await measured(subgroupDisparity, {
    ...input,
    ...inputOf(
      { train: nobody(input.train, 3), holdout: nobody(input.holdout as Table, 4), synthetic: input.synthetic },
      { kinds: KINDS, target: "hired", purpose: { protectedAttributes: ["region"] } },
    ),
  });
  assert.doesNotMatch(JSON.stringify(score), /= west/);
  assert.match(JSON.stringify(score), /= north/);
});

test("a target that is a quantity, or none, does not apply; a protected target is no subgroup", async () => {
  const quantity = await subgroupDisparity.measure(inputs(1, 300, { target: "skill" }));
  assert.ok(!isMeasured(quantity) && quantity.notApplicable && /quantity/.test(quantity.notComputable));
  const bare = inputs(1, 300);
  const none = await subgroupDisparity.measure({ ...bare, purpose: { ...bare.purpose, target: undefined } });
  assert.ok(!isMeasured(none) && none.notApplicable && /--target/.test(none.notComputable));
  const own = await subgroupDisparity.measure({
    ...bare,
    purpose: { ...bare.purpose, target: "sex", protectedAttributes: ["sex"] },
  });
  assert.ok(!isMeasured(own) && own.notApplicable);
});
