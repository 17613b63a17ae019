import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type CombiningRule, combineEstimates } from "../../../src/hybrid/estimation/combining-rules.ts";
import { randomFromSeed } from "../../../src/random.ts";

interface Golden {
  readonly Q: number[];
  readonly U: number[];
  readonly n: number;
  readonly k: number;
  readonly expect: Readonly<Record<string, { T: number; df?: number; df_old?: number; T_nonneg_reiter2002?: number }>>;
}
const golden = JSON.parse(readFileSync("test/hybrid/golden/combining-rules.json", "utf8")) as Golden[];

function combine({ Q, U, n, k }: Pick<Golden, "Q" | "U" | "n" | "k">, rule: CombiningRule, complete?: number) {
  return combineEstimates(
    Q.map((value, i) => ({ value, variance: U[i] as number })),
    {
      rule,
      realRows: n,
      syntheticRows: k,
      ...(complete === undefined ? {} : { completeDegreesOfFreedom: complete }),
    },
  );
}

test("every combining rule gives the golden variance and degrees of freedom", () => {
  const names: [string, CombiningRule][] = [
    ["fully_RRR2003", "fully-synthetic"],
    ["partial_reiter2003", "partially-synthetic"],
    ["rubin1987", "multiple-imputation"],
    ["raab2016_simple", "simple-synthesis"],
    ["raab2016_proper", "proper-synthesis"],
  ];
  let checked = 0;
  for (const given of golden)
    for (const [key, rule] of names) {
      const expected = given.expect[key];
      if (!expected) continue;
      // The golden degrees of freedom are those of 1987: of an analysis on endlessly many rows.
      const found = combine(given, rule, 1e15);
      assert.ok("variance" in found);
      const variance = expected.T_nonneg_reiter2002 ?? expected.T;
      assert.ok(Math.abs(found.variance - variance) < 1e-12, `${key}: ${found.variance}, ${variance}`);
      assert.equal(found.repaired, expected.T < 0);
      const degrees = expected.df ?? expected.df_old;
      if (degrees !== undefined && !found.repaired)
        assert.ok(Math.abs((found.degreesOfFreedom as number) / degrees - 1) < 1e-9, key);
      checked++;
    }
  assert.equal(checked, 12);
});

test("a rule that rests on the spread between tables is refused for one table, and warns below five", () => {
  for (const rule of ["fully-synthetic", "partially-synthetic", "multiple-imputation"] as const) {
    assert.match(JSON.stringify(combine(golden[2]!, rule)), /needs the spread between several synthetic tables/);
    const two = combine({ Q: [1, 1.2], U: [0.01, 0.01], n: 100, k: 100 }, rule);
    assert.match(JSON.stringify(two), /With 2 tables/);
  }
  assert.ok("variance" in combine(golden[2]!, "original-estimate"));
});

test("tables drawn from one fitted law: the simple rule holds the population mean as often as it says", () => {
  // 600 intervals at .9; the bounds are missed by a right rule with probability below 1e-4.
  const random = randomFromSeed(11);
  const rows = 80;
  let hits = 0;
  for (let trial = 0; trial < 600; trial++) {
    const draw = (mean: number, spread: number) => {
      const values = Array.from({ length: rows }, () => mean + spread * random.normal());
      const value = values.reduce((sum, x) => sum + x, 0) / rows;
      const square = values.reduce((sum, x) => sum + (x - value) ** 2, 0) / (rows - 1);
      return { value, variance: square / rows };
    };
    const real = draw(0, 1);
    const tables = Array.from({ length: 3 }, () => draw(real.value, Math.sqrt(real.variance * rows)));
    const found = combineEstimates(tables, { rule: "simple-synthesis", realRows: rows, syntheticRows: rows });
    assert.ok("low" in found);
    if (found.low <= 0 && found.high >= 0) hits++;
  }
  assert.ok(hits / 600 > 0.85 && hits / 600 < 0.95, String(hits / 600));
});
