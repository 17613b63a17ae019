import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../src/data/table.ts";
import { type ConstraintDetails, constraints } from "../../src/metrics/constraints.ts";
import { isMeasured, type MeasuredScore, type MetricInput, type UncomputedScore } from "../../src/metrics/metric.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { Constraint } from "../../src/schema/constraints.ts";
import { inputOf, numberColumn, textColumn } from "./world.ts";

/** Rows with low ≤ high, of which a share does not keep it; and labels of which the last is rare. */
function rowsOf(
  rows: number,
  options: { readonly seed: number; readonly broken?: number; readonly key?: number },
): Table {
  const random = randomFromSeed(options.seed);
  const low = Array.from({ length: rows }, () => random.integer(100));
  const high = low.map((x) => (random.uniform() < (options.broken ?? 0) ? x - 1 : x + random.integer(5)));
  const code = low.map((x) => ["a", "b", "c"][x % 3] as string);
  const start = options.key ?? 0;
  return tableOf([
    numberColumn("low", low),
    numberColumn("high", high),
    textColumn("code", code),
    textColumn(
      "id",
      low.map((_, i) => `K-${start + i}`),
    ),
  ]);
}

const ORDER: Constraint = { kind: "order", columns: ["low", "high"], strict: false };
const KINDS = { low: "integer", high: "integer", code: "categorical", id: "identifier" } as const;

function given(
  tables: { readonly train: Table; readonly holdout?: Table; readonly synthetic: Table },
  options: {
    readonly constraints?: readonly Constraint[];
    readonly identifier?: { readonly type: "key" | "person-name"; readonly unique: boolean };
    readonly parents?: MetricInput["parents"];
  } = {},
): MetricInput {
  const part = (table: Table, names: readonly string[]): Table =>
    tableOf(table.columns.filter(({ name }) => names.includes(name)));
  const modelled = (table: Table): Table => part(table, ["low", "high", "code"]);
  const apart = (table: Table): Table => part(table, ["id"]);
  const { train, holdout, synthetic } = tables;
  const input = inputOf(
    { train: modelled(train), ...(holdout ? { holdout: modelled(holdout) } : {}), synthetic: modelled(synthetic) },
    {
      kinds: KINDS,
      unmodelled: { train: apart(train), holdout: holdout && apart(holdout), synthetic: apart(synthetic) },
    },
  );
  return {
    ...input,
    parents: options.parents,
    schema: {
      ...input.schema,
      ...(options.constraints ? { constraints: options.constraints } : {}),
      columns: input.schema.columns.map((column) =>
        column.name === "id" && options.identifier ? { ...column, identifier: options.identifier } : column,
      ),
    },
  };
}

const scoreOf = async (input: MetricInput): Promise<MeasuredScore & { readonly details: ConstraintDetails }> => {
  const score = await constraints.measure(input);
  assert.ok(isMeasured(score), isMeasured(score) ? "" : score.notComputable);
  return score as never;
};
const reasonOf = async (input: MetricInput): Promise<UncomputedScore> => {
  const score = await constraints.measure(input);
  assert.ok(!isMeasured(score));
  return score;
};
const brokenIn = (table: Table): number => {
  const [low, high] = table.columns as unknown as [{ values: Float64Array }, { values: Float64Array }];
  return low.values.reduce((sum, x, i) => sum + (x > (high.values[i] as number) ? 1 : 0), 0);
};

const train = rowsOf(2000, { seed: 1 });
const holdout = rowsOf(800, { seed: 2, key: 2000 });

test("every row that breaks a rule counts once, and rules are named by how many rows break them", async () => {
  const synthetic = rowsOf(3000, { seed: 3, broken: 0.02, key: 5000 });
  const broken = brokenIn(synthetic);
  const score = await scoreOf(
    given(
      { train, holdout, synthetic },
      { constraints: [ORDER, { ...ORDER, strict: true }, { kind: "check", condition: "low <= high || code == 'a'" }] },
    ),
  );
  const strict = score.details.rules[1];
  assert.ok(strict && strict.broken > broken && broken > 30);
  assert.equal(score.details.rules[0]?.broken, broken);
  assert.deepEqual(score.details.rules[0]?.real, { rows: 2800, broken: 0 });
  assert.equal(score.details.broken, strict.broken);
  assert.equal(score.value, 1 - strict.broken / 3000);
  assert.deepEqual([score.low, score.high], [score.value, score.value]);
  assert.deepEqual(
    score.worst?.map(({ name }) => name),
    ["order: low < high", "order: low ≤ high", "check: low <= high || code == 'a'"],
  );
});

test("a rule that real rows break too hides none that they hold", async () => {
  // A fifth of the real rows breaks the strict order; every synthetic row keeps it, and a twentieth breaks a rule that real rows hold.
  const better = rowsOf(2000, { seed: 4, key: 9000 });
  const high = (better.columns[0] as { values: Float64Array }).values.map((x, i) => (i < 100 ? x + 1000 : x + 1));
  const synthetic = tableOf([
    better.columns[0] as never,
    { ...(better.columns[1] as object), values: high } as never,
    ...better.columns.slice(2),
  ]);
  const score = await scoreOf(
    given(
      { train, holdout, synthetic },
      {
        constraints: [
          { ...ORDER, strict: true },
          { kind: "check", condition: "high < 200" },
        ],
      },
    ),
  );
  assert.ok((score.ceiling?.value as number) < 0.85 && score.value === 0.95);
  assert.equal(score.details.differenceOf, "check: high < 200");
  assert.equal(score.difference?.high, score.value - 1);
  assert.ok((score.details.rules[0]?.real?.broken as number) > 300);
});

test("fresh rows are refused for a rule that real rows break too in about as many cases as the level says", async () => {
  let refused = 0;
  const runs = 100;
  for (let run = 0; run < runs; run++) {
    const tables = {
      train: rowsOf(600, { seed: 100 + run, broken: 0.1 }),
      holdout: rowsOf(600, { seed: 1000 + run, broken: 0.1 }),
      synthetic: rowsOf(600, { seed: 2000 + run, broken: 0.1 }),
    };
    const score = await scoreOf(given(tables, { constraints: [ORDER] }));
    if ((score.difference?.high as number) < -0.001) refused++;
  }
  // At .025 / 2 a rule, two of them the same: P(more than 6 of 100) < .001.
  assert.ok(refused <= 6, `${refused} of ${runs} were refused`);
});

test("combinations are allowed as fresh real rows have them, and made-up ones are not", async () => {
  const pairs: Constraint = { kind: "combinations", columns: ["low", "code"] };
  const fresh = rowsOf(2000, { seed: 6, key: 9000 });
  const good = await scoreOf(given({ train, holdout, synthetic: fresh }, { constraints: [pairs] }));
  assert.ok((good.difference?.high as number) >= -0.001);
  const code = fresh.columns[2] as { codes: Int32Array };
  const made = tableOf(
    fresh.columns.map((column) =>
      column.name === "code"
        ? { ...column, codes: code.codes.map((x, i) => (i % 20 === 0 ? (x + 1) % 3 : x)) }
        : column,
    ) as never,
  );
  const bad = await scoreOf(given({ train, holdout, synthetic: made }, { constraints: [pairs] }));
  assert.equal(bad.details.broken, 100);
  assert.ok((bad.difference?.high as number) < -0.03);
});

test("a key that is unique among real rows must be so among synthetic ones; a name need not", async () => {
  const twice = rowsOf(1000, { seed: 7, key: 9000 });
  const id = twice.columns[3] as { codes: Int32Array };
  const synthetic = tableOf(
    twice.columns.map((column) =>
      column.name === "id"
        ? { ...column, codes: id.codes.map((x, i) => (i === 5 ? (id.codes[4] as number) : x)) }
        : column,
    ) as never,
  );
  const tables = { train, holdout, synthetic };
  const score = await scoreOf(given(tables, { identifier: { type: "key", unique: true } }));
  assert.deepEqual(score.worst, [{ name: "key: id", value: 0.998, ceiling: 1, note: "2 rows; of the real rows none" }]);
  assert.equal(score.details.rules[0]?.declared, false);
  for (const identifier of [
    { type: "key", unique: false },
    { type: "person-name", unique: true },
  ] as const)
    assert.equal((await reasonOf(given(tables, { identifier }))).notApplicable, true);
  const both = await scoreOf(
    given(tables, { identifier: { type: "key", unique: true }, constraints: [{ kind: "unique", columns: ["id"] }] }),
  );
  assert.deepEqual(
    both.details.rules.map(({ name }) => name),
    ["unique: id"],
  );
});

test("references need the parent; without the real one nothing is said of real rows", async () => {
  const references: Constraint = { kind: "references", column: "code", key: "code" };
  const tables = { train, holdout, synthetic: rowsOf(900, { seed: 8, key: 9000 }) };
  const reason = await reasonOf(given(tables, { constraints: [references] }));
  assert.match(reason.notComputable, /"references: code → code" needs .* --parent/);
  assert.ok(!reason.notApplicable);
  const parent = new Map([["", tableOf([textColumn("code", ["a", "b"])])]]);
  const score = await scoreOf(
    given(tables, { constraints: [references], parents: { synthetic: parent, real: new Map() } }),
  );
  const code = tables.synthetic.columns[2] as { codes: Int32Array; dictionary: readonly string[] };
  assert.equal(score.details.broken, code.codes.filter((x) => code.dictionary[x] === "c").length);
  assert.equal(score.details.rules[0]?.real, null);
  assert.equal(score.ceiling?.value, 1);
});

test("fewer than 5 real rows that break a rule are not counted out", async () => {
  const high = (train.columns[1] as { values: Float64Array }).values.slice();
  high.set([-1, -1, -1], 100);
  const slipped = tableOf(
    train.columns.map((column) => (column.name === "high" ? { ...column, values: high } : column)) as never,
  );
  const score = await scoreOf(
    given({ train: slipped, holdout, synthetic: rowsOf(900, { seed: 9 }) }, { constraints: [ORDER] }),
  );
  assert.deepEqual(score.details.rules[0]?.real, { rows: 2800, broken: null });
});
