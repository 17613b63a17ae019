import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../src/data/table.ts";
import { dateOrder } from "../../src/metrics/date-order.ts";
import { isMeasured, type MeasuredScore, type MetricInput } from "../../src/metrics/metric.ts";
import { type Random, randomFromSeed } from "../../src/random.ts";
import { inputOf, shuffled } from "./world.ts";

const DAY = 86_400_000;
const KINDS = { admitted: "date", operated: "datetime", discharged: "date", billed: "date", century: "date" } as const;

/** Stays: admitted ≤ operated (often missing) ≤ discharged ≤ billed, but for a share of bills; `century` before all of them. */
function stays(random: Random, rows: number, early = 0): Table {
  const cells: Record<keyof typeof KINDS, number[]> = {
    admitted: [],
    operated: [],
    discharged: [],
    billed: [],
    century: [],
  };
  for (let i = 0; i < rows; i++) {
    const admitted = Date.UTC(2020, 0, 1 + random.integer(700));
    const length = random.integer(20);
    cells.admitted.push(admitted);
    cells.operated.push(
      random.uniform() < 0.5
        ? Number.NaN
        : admitted + DAY * random.integer(length + 1) + 3_600_000 * random.integer(24),
    );
    cells.discharged.push(admitted + DAY * length);
    cells.billed.push(admitted + DAY * (length + (random.uniform() < early ? -1 : random.integer(30))));
    cells.century.push(Date.UTC(1900, 0, 1 + random.integer(1000)));
  }
  return tableOf(
    Object.entries(cells).map(([name, values]) => ({
      name,
      type: "date" as const,
      storage: name === "operated" ? ("timestamp" as const) : ("date" as const),
      values: Float64Array.from(values),
    })),
  );
}

const random = randomFromSeed(1);
const train = stays(random.split("train"), 1500);
const holdout = stays(random.split("holdout"), 700);
const synthetic = stays(random.split("synthetic"), 1000);
const input = (tables: { train: Table; holdout?: Table; synthetic: Table }): MetricInput =>
  inputOf(tables, { kinds: KINDS });
const scoreOf = async (of: MetricInput): Promise<MeasuredScore> => {
  const score = await dateOrder.measure(of);
  assert.ok(isMeasured(score), isMeasured(score) ? "" : score.notComputable);
  return score;
};

/** The same, cell by cell. */
function slow(learnt: Table, judged: Table): { pairs: string[]; checks: number; broken: number } {
  const names = Object.keys(KINDS);
  const day = (table: Table, name: string, row: number): number =>
    Math.floor(
      (table.columns.find((column) => column.name === name) as { values: Float64Array }).values[row] as number,
    ) / DAY;
  const whole = (table: Table, name: string): number[] =>
    Array.from({ length: table.rows }, (_, row) => Math.floor(day(table, name, row)));
  const of = Object.fromEntries(
    names.map((name) => [name, { learnt: whole(learnt, name), judged: whole(judged, name) }]),
  );
  const out = { pairs: [] as string[], checks: 0, broken: 0 };
  for (const a of names)
    for (const b of names) {
      if (a === b) continue;
      const A = of[a] as { learnt: number[]; judged: number[] };
      const B = of[b] as { learnt: number[]; judged: number[] };
      const both = A.learnt.map((x, i) => [x, B.learnt[i] as number] as const).filter(([x, y]) => !Number.isNaN(x + y));
      if (both.length < 100 || both.some(([x, y]) => x > y)) continue;
      if (Math.max(...both.map(([x]) => x)) <= Math.min(...both.map(([, y]) => y))) continue;
      out.pairs.push(`${a} ≤ ${b}`);
      A.judged.forEach((x, i) => {
        const y = B.judged[i] as number;
        if (Number.isNaN(x + y)) return;
        out.checks++;
        if (x > y) out.broken++;
      });
    }
  return out;
}

test("fresh rows hold every order that the training rows hold", async () => {
  const score = await scoreOf(input({ train, holdout, synthetic }));
  assert.equal(score.value, 1);
  assert.equal(score.ceiling?.value, 1);
  assert.deepEqual(slow(train, synthetic).pairs.sort(), [
    "admitted ≤ billed",
    "admitted ≤ discharged",
    "admitted ≤ operated",
    "discharged ≤ billed",
    "operated ≤ billed",
    "operated ≤ discharged",
  ]);
  assert.equal(score.details?.pairs, 6);
});

test("columns shuffled by themselves are counted as cell by cell, and the worst pair is named", async () => {
  for (const names of [["discharged"], ["admitted", "billed"]]) {
    const broken = shuffled(synthetic, randomFromSeed(2), names);
    const score = await scoreOf(input({ train, holdout, synthetic: broken }));
    const expected = slow(train, broken);
    assert.deepEqual([score.details?.checks, score.details?.broken], [expected.checks, expected.broken]);
    assert.equal(score.value, 1 - expected.broken / expected.checks);
    assert.ok((score.difference?.high as number) < -0.05);
    for (const part of score.worst ?? [])
      assert.ok(
        names.some((name) => part.name.includes(name)),
        part.name,
      );
    assert.ok((score.worst?.length ?? 0) > 0);
  }
});

test("an order that one training row in a thousand breaks is none; one that only the holdout breaks lowers the ceiling", async () => {
  const some = stays(random.split("early"), 1500, 0.001);
  const score = await scoreOf(input({ train: some, holdout, synthetic }));
  assert.ok((score.details?.pairs as number) < 6);
  const late = await scoreOf(input({ train, holdout: stays(random.split("late"), 700, 0.2), synthetic }));
  assert.ok((late.ceiling?.value as number) < 0.98);
  assert.ok((late.ceiling?.low as number) < (late.ceiling?.value as number));
});

test("without a holdout the ceiling is of halves, and too few rows or columns are no rule", async () => {
  assert.equal((await scoreOf(input({ train, synthetic }))).ceiling?.value, 1);
  const few = await dateOrder.measure(input({ train: stays(random.split("few"), 99), holdout, synthetic }));
  assert.ok(!isMeasured(few) && few.notApplicable);
  const single = (table: Table): Table => tableOf(table.columns.slice(0, 1));
  const one = await dateOrder.measure(
    input({ train: single(train), holdout: single(holdout), synthetic: single(synthetic) }),
  );
  assert.ok(!isMeasured(one) && one.notApplicable);
});
