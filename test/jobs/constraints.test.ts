import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InvalidArgument } from "../../src/errors.ts";
import { evaluate } from "../../src/jobs/evaluate.ts";
import type { EvaluateOptions, JobResult } from "../../src/jobs/job.ts";
import { synthesize } from "../../src/jobs/synthesize.ts";
import { verify } from "../../src/jobs/verify.ts";
import { randomFromSeed } from "../../src/random.ts";
import { csvOf, fileIn, scratchHome } from "./world.ts";

const home = scratchHome();
const HEADER = ["order_id", "customer_id", "ordered", "delivered", "price", "quantity", "total", "gift"];
const CUSTOMERS = 60;

/** Orders of a house's customers; `house` keeps the keys of two tables apart. */
function orders(rows: number, options: { readonly seed: number; readonly house: number }): string[][] {
  const random = randomFromSeed(options.seed);
  return Array.from({ length: rows }, (_, i) => {
    const ordered = Date.UTC(2023, 0, 1) + 86_400_000 * random.integer(600);
    const price = 1 + random.integer(40);
    const quantity = 1 + random.integer(5);
    return [
      `O-${options.house}${String(10_000 + 7 * i)}`,
      `C-${options.house}${100 + random.integer(CUSTOMERS)}`,
      new Date(ordered).toISOString().slice(0, 10),
      new Date(ordered + 86_400_000 * random.integer(20)).toISOString().slice(0, 10),
      String(price),
      String(quantity),
      String(price * quantity),
      random.uniform() < 0.3 ? "yes" : "no",
    ];
  });
}
const customers = (house: number, count = CUSTOMERS): string =>
  csvOf(
    ["id", "name"],
    Array.from({ length: count }, (_, i) => [`C-${house}${100 + i}`, `n${i}`]),
  );

const real = fileIn(home, "real.csv", csvOf(HEADER, orders(600, { seed: 1, house: 1 })));
const holdout = fileIn(home, "holdout.csv", csvOf(HEADER, orders(600, { seed: 2, house: 2 })));
const parent = fileIn(home, "customers-synthetic.csv", customers(3));
const realParent = fileIn(home, "customers.csv", `${customers(1)}${customers(2).split("\n").slice(1).join("\n")}`);
const schema = fileIn(
  home,
  "schema.yaml",
  `format: counterfoil-schema/1
columns:
  - { name: customer_id, kind: identifier }
constraints:
  - order: [ordered, delivered]
  - equals: { column: total, formula: price * quantity }
  - references: { column: customer_id, key: id }
  - check: "!(gift == 'yes' && quantity > 9)"
`,
);

const made = (change: (row: string[], i: number) => void = () => {}): string[][] =>
  orders(600, { seed: 3, house: 3 }).map((row, i) => {
    change(row, i);
    return row;
  });
let files = 0;
const judged = (rows: readonly string[][], options: Partial<EvaluateOptions> = {}): Promise<JobResult> =>
  evaluate({
    real,
    holdout,
    synthetic: fileIn(home, `synthetic-${files++}.csv`, csvOf(HEADER, rows)),
    schema,
    parents: [parent],
    realParents: [realParent],
    threads: 2,
    ...options,
  });
const rule = (result: JobResult, name: string) => result.decision.rules.find((item) => item.rule === name);

test("fresh rows that keep every declared constraint are not refused for one", async () => {
  const result = await judged(made());
  assert.equal(rule(result, "constraints-hold")?.outcome, "pass", rule(result, "constraints-hold")?.reason);
  assert.equal(rule(result, "dates-in-order")?.outcome, "pass");
  assert.ok(!result.notices.some((notice) => /break/.test(notice)), result.notices.join("\n"));
});

test("broken constraints refuse, and are named in the reason, the notices and the report", async () => {
  const out = join(home, "broken");
  const result = await judged(
    made((row, i) => {
      if (i % 10 === 0) row[6] = "1";
      if (i % 20 === 0) row[3] = "2022-12-24";
    }),
    { out },
  );
  assert.equal(result.decision.decision, "refuse");
  assert.equal(rule(result, "constraints-hold")?.outcome, "fail");
  assert.match(
    rule(result, "constraints-hold")?.reason as string,
    /Worst: equals: total = price \* quantity, order: ordered ≤ delivered/,
  );
  assert.equal(rule(result, "dates-in-order")?.outcome, "warn");
  assert.match(rule(result, "dates-in-order")?.reason as string, /Worst: ordered ≤ delivered/);
  assert.ok(
    result.notices.some((notice) =>
      /^30 of 600 synthetic rows break the constraint "order: ordered ≤ delivered"; no real row does\.$/.test(notice),
    ),
    result.notices.join("\n"),
  );
  assert.match(readFileSync(join(out, "report.html"), "utf8"), /equals: total = price \* quantity/);
  assert.match(readFileSync(join(out, "schema.yaml"), "utf8"), /- order: \[ "ordered", "delivered" \]/);
  const again = {
    bundle: out,
    recompute: true,
    real,
    holdout,
    synthetic: join(home, `synthetic-${files - 1}.csv`),
    schema,
    threads: 2,
  };
  const checked = await verify({ ...again, parents: [parent], realParents: [realParent] });
  assert.deepEqual(checked.problems, []);
  await assert.rejects(verify(again), (error) => error instanceof InvalidArgument && /--parent/.test(error.message));
});

test("a key that stands twice refuses", async () => {
  const rows = made((row, i) => {
    if (i < 6) row[0] = "O-310000";
  });
  const result = await judged(rows);
  assert.equal(result.decision.decision, "refuse");
  assert.match(rule(result, "constraints-hold")?.reason as string, /Worst: key: order_id/);
  assert.ok(result.notices.some((notice) => /^6 of 600 synthetic rows break the "key: order_id"/.test(notice)));
});

test("keys that the parent lacks refuse; without the parent nothing is decided", async () => {
  const short = fileIn(home, "short.csv", customers(3, CUSTOMERS - 5));
  const result = await judged(made(), { parents: [short] });
  assert.equal(result.decision.decision, "refuse");
  assert.match(rule(result, "constraints-hold")?.reason as string, /Worst: references: customer_id → id/);
  const open = await judged(made(), { parents: undefined, realParents: undefined });
  assert.equal(rule(open, "constraints-hold")?.outcome, "indeterminate");
  assert.match(rule(open, "constraints-hold")?.reason as string, /"references: customer_id → id" needs .*--parent/);
});

test("a declared rule that real rows do not keep is told, and not held against the synthetic ones", async () => {
  const wrong = fileIn(
    home,
    "wrong.yaml",
    "format: counterfoil-schema/1\ncolumns: []\nconstraints:\n  - check: quantity < 5\n",
  );
  const result = await judged(made(), { schema: wrong, parents: undefined, realParents: undefined });
  assert.equal(rule(result, "constraints-hold")?.outcome, "pass", rule(result, "constraints-hold")?.reason);
  assert.ok(
    result.notices.some((notice) => /"check: quantity < 5", and so do real rows \([\d,]+ of 1,200\)/.test(notice)),
    result.notices.join("\n"),
  );
});

test("parents are named where there are several, and a wrong one is an error with advice", async () => {
  const several = fileIn(
    home,
    "several.yaml",
    "format: counterfoil-schema/1\ncolumns:\n  - { name: customer_id, kind: identifier }\nconstraints:\n  - references: { column: customer_id, key: id, parent: customers }\n",
  );
  const result = await judged(made(), {
    schema: several,
    parents: [`customers=${parent}`],
    realParents: undefined,
  });
  assert.equal(rule(result, "constraints-hold")?.outcome, "pass", rule(result, "constraints-hold")?.reason);
  const cases: readonly (readonly [Partial<EvaluateOptions>, RegExp])[] = [
    [{ schema: several, realParents: undefined }, /no constraint speaks of it/],
    [{ schema: several, parents: [`custmers=${parent}`] }, /"custmers".*Did you mean "customers"\?/],
    [{ parents: [parent, parent] }, /Two tables are given/],
    [{ parents: [real] }, /has no column "id"/],
    [{ schema: undefined }, /no constraint speaks of it/],
  ];
  for (const [options, message] of cases)
    await assert.rejects(
      judged(made(), options),
      (error) => error instanceof InvalidArgument && message.test(error.message) && error.advice !== undefined,
    );
});

test("synthesize sees to what is declared, says how, and measures it", async () => {
  const own = fileIn(
    home,
    "own.yaml",
    "format: counterfoil-schema/1\ncolumns: []\nconstraints:\n  - order: [ordered, delivered]\n  - equals: { column: total, formula: price * quantity }\n",
  );
  const result = await synthesize({ source: real, schema: own, out: join(home, "made"), threads: 2, judge: "release" });
  const score = result.scores.find(({ metric }) => metric === "constraints");
  assert.ok(score && "details" in score);
  const { rules } = score.details as { rules: { name: string; broken: number }[] };
  assert.deepEqual(
    rules.map(({ name }) => name),
    ["order: ordered ≤ delivered", "equals: total = price * quantity", "key: order_id"],
  );
  assert.deepEqual(
    rules.map(({ broken }) => broken),
    [0, 0, 0],
  );
  for (const { name } of rules.slice(0, 2))
    assert.ok(
      result.notices.some((notice) => notice.startsWith(`Constraint "${name}": built into what is drawn`)),
      result.notices.join("\n"),
    );
  assert.equal(rule(result, "constraints-hold")?.outcome, "pass");
});
