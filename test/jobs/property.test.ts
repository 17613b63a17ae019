import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { readTable } from "../../src/data/read.ts";
import { CounterfoilError } from "../../src/errors.ts";
import { evaluate } from "../../src/jobs/evaluate.ts";
import { resultSchema } from "../../src/jobs/result-schema.ts";
import { synthesize } from "../../src/jobs/synthesize.ts";
import { verify } from "../../src/jobs/verify.ts";
import { csvOf, scratchHome } from "./world.ts";

const home = scratchHome();

/** Cells of one column, by kind. */
const KINDS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  number: fc.oneof(
    { weight: 5, arbitrary: fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map(String) },
    fc.constant(""),
  ),
  anyNumber: fc.oneof(
    fc.double().map(String),
    fc.constantFrom("1e400", "-inf", "inf", "NaN", "-0", "1e-320", "9007199254740993"),
  ),
  ties: fc.oneof({ weight: 4, arbitrary: fc.constant("0") }, fc.integer({ min: 1, max: 9 }).map(String)),
  decimals: fc.integer({ min: 0, max: 100_000 }).map((cents) => (cents / 100).toFixed(2)),
  day: fc
    .date({ min: new Date("1900-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  moment: fc
    .date({ min: new Date("1990-01-01"), max: new Date("2030-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 19)),
  category: fc.constantFrom("red", "green", "blue", "?", "", "NA"),
  labels: fc.string({ unit: "grapheme", maxLength: 8 }),
  quotes: fc.constantFrom('a "b"', "a,b", "two\nlines", "'", '""', " blank ", "x"),
  yes: fc.constantFrom("yes", "no"),
  flag: fc.constantFrom("true", "false", ""),
  constant: fc.constant("7"),
  empty: fc.constant(""),
  mixed: fc.oneof(fc.integer().map(String), fc.constantFrom("x", "2024-02-30")),
  email: fc.emailAddress(),
  uuid: fc.uuid(),
};
const KEYS: Readonly<Record<string, (row: number) => string>> = {
  rowNumber: (row) => String(row + 1),
  code: (row) => `K-${1000 + 3 * row}`,
};

const name = fc.oneof(
  fc.constantFrom(
    "age",
    "id",
    "Größe",
    "名前",
    'say "hi"',
    "a,b",
    "",
    "x y",
    "SELECT",
    "source",
    "rowid",
    "__proto__",
    "e-mail",
  ),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
);

const table = fc.integer({ min: 5, max: 120 }).chain((rows) =>
  fc.array(
    fc.tuple(name, fc.constantFrom(...Object.keys(KINDS), ...Object.keys(KEYS))).chain(([header, kind]) =>
      fc.record({
        header: fc.constant(header),
        kind: fc.constant(kind),
        cells: KEYS[kind]
          ? fc.constant(Array.from({ length: rows }, (_, row) => (KEYS[kind] as (row: number) => string)(row)))
          : fc.array(KINDS[kind] as fc.Arbitrary<string>, { minLength: rows, maxLength: rows }),
      }),
    ),
    { minLength: 1, maxLength: 6 },
  ),
);

test("any table ends in an error of ours with advice, or in a bundle that verifies with the wanted rows and columns", async () => {
  const source = join(home, "any.csv");
  const out = join(home, "out");
  let bundles = 0;
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 1e6 }),
      async (columns, rows, seed) => {
        const header = columns.map((column) => column.header);
        const count = columns[0]?.cells.length ?? 0;
        writeFileSync(
          source,
          csvOf(
            header,
            Array.from({ length: count }, (_, row) => columns.map((column) => column.cells[row] as string)),
          ),
        );
        rmSync(out, { recursive: true, force: true });
        try {
          await synthesize({ source, out, rows, seed, csv: true, dropText: true, threads: 1 });
        } catch (error) {
          assert.ok(error instanceof CounterfoilError, error instanceof Error ? error.stack : String(error));
          assert.ok(error.advice, `no advice: ${error.message}`);
          assert.ok(!existsSync(out));
          assert.deepEqual(
            readdirSync(home).filter((file) => file.includes("partial")),
            [],
          );
          return;
        }
        bundles++;
        const verified = await verify({ bundle: out });
        assert.deepEqual(verified.problems, []);
        const { table: real } = await readTable(source);
        const { table: synthetic } = await readTable(join(out, "data", "synthetic.parquet"));
        assert.equal(synthetic.rows, rows);
        const dropped = droppedIn(out);
        assert.deepEqual(
          synthetic.columns.map((column) => [column.name, column.type]),
          real.columns.filter((column) => !dropped.has(column.name)).map((column) => [column.name, column.type]),
        );
        assert.ok(readFileSync(join(out, "data", "synthetic.csv")).length > 0);
      },
    ),
    { numRuns: 25, seed: 20_261_122 },
  );
  assert.ok(bundles >= 10, `only ${bundles} of 25 tables became a bundle`);
});

test("any two or three tables of the same columns end in an error of ours with advice, or in a decision with reasons", async () => {
  let decisions = 0;
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 120, maxLength: 120 }),
      fc.boolean(),
      async (columns, parts, withHoldout) => {
        const count = columns[0]?.cells.length ?? 0;
        const [real, synthetic, holdout] = [0, 1, 2].map((part) => {
          const path = join(home, `part${part}.csv`);
          const rows = Array.from({ length: count }, (_, row) => row).filter((row) => parts[row] === part);
          writeFileSync(
            path,
            csvOf(
              columns.map((column) => column.header),
              rows.map((row) => columns.map((column) => column.cells[row] as string)),
            ),
          );
          return path;
        }) as [string, string, string];
        try {
          const result = await evaluate({ real, synthetic, ...(withHoldout ? { holdout } : {}), threads: 1 });
          decisions++;
          assert.ok(["refuse", "indeterminate", "pass"].includes(result.decision.decision));
          for (const { reason } of result.decision.rules) assert.match(reason, /\S/);
          assert.doesNotMatch(result.decision.rules.map(({ reason }) => reason).join(), /NaN|undefined|Infinity/);
          assert.deepEqual(JSON.parse(JSON.stringify(resultSchema.parse(result))), JSON.parse(JSON.stringify(result)));
        } catch (error) {
          assert.ok(error instanceof CounterfoilError, error instanceof Error ? error.stack : String(error));
          assert.ok(error.advice, `no advice: ${error.message}`);
        }
      },
    ),
    { numRuns: 15, seed: 20_261_122 },
  );
  assert.ok(decisions >= 5, `only ${decisions} of 15 were decided`);
});

/** Columns that the bundle's schema leaves out. */
function droppedIn(bundle: string): Set<string> {
  const { columns } = parse(readFileSync(join(bundle, "schema.yaml"), "utf8")) as {
    readonly columns: readonly { readonly name: string; readonly drop?: boolean }[];
  };
  return new Set(columns.filter((column) => column.drop).map((column) => column.name));
}
