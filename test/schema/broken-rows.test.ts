import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cellOf, columnOf, type Table, tableOf } from "../../src/data/table.ts";
import { brokenRowsOf } from "../../src/schema/broken-rows.ts";
import type { Constraint } from "../../src/schema/constraints.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { tableFromCells } from "./csv.ts";

type Cell = string | number | null;

/** Judges row by row from the cells as a reader would write them; undefined: not judged. */
type Slow = (rows: readonly (readonly Cell[])[], row: number) => boolean | undefined;

const there = (cells: readonly Cell[]): boolean => cells.every((cell) => cell !== null);
const alike = (a: readonly Cell[], b: readonly Cell[]): boolean => a.every((cell, j) => cell === b[j]);
// Cells are read in the order of the columns that the constraint names.
const cases: readonly {
  readonly constraint: Constraint;
  readonly columns: readonly string[];
  readonly slow: (real: readonly (readonly Cell[])[]) => Slow;
}[] = [
  ...[false, true].map((strict) => ({
    constraint: { kind: "order", columns: ["a", "b", "c"], strict } as const,
    columns: ["a", "b", "c"],
    slow: (): Slow => (rows, i) => {
      const cells = (rows[i] as Cell[]).filter((cell) => cell !== null) as number[];
      return cells.length < 2
        ? undefined
        : cells.some((cell, j) => j > 0 && ((cells[j - 1] as number) > cell || (strict && cells[j - 1] === cell)));
    },
  })),
  {
    constraint: { kind: "unique", columns: ["a", "label"] },
    columns: ["a", "label"],
    slow: () => (rows, i) => {
      const mine = rows[i] as Cell[];
      return there(mine) ? rows.some((row, j) => j !== i && alike(row, mine)) : undefined;
    },
  },
  {
    constraint: { kind: "combinations", columns: ["label", "a", "b"] },
    columns: ["label", "a", "b"],
    slow: (real) => (rows, i) => {
      const mine = rows[i] as Cell[];
      return there(mine) ? !real.some((row) => alike(row, mine)) : undefined;
    },
  },
  {
    constraint: { kind: "oneHot", columns: ["a", "b", "c"] },
    columns: ["a", "b", "c"],
    slow: () => (rows, i) => {
      const mine = rows[i] as Cell[];
      const sorted = [...mine].sort();
      return there(mine) ? !alike(sorted, [0, 0, 1]) : undefined;
    },
  },
  ...([["label"], []] as const).map(([within]) => ({
    constraint: { kind: "increments", column: "a", of: "b", ...(within ? { within } : {}) } as const,
    columns: ["a", "b", ...(within ? [within] : [])],
    slow: (): Slow => (rows, i) => {
      const mine = rows[i] as Cell[];
      if (!there(mine)) return undefined;
      return rows.some(
        (row) =>
          there(row) &&
          row[2] === mine[2] &&
          (row[1] as number) < (mine[1] as number) &&
          (row[0] as number) > (mine[0] as number),
      );
    },
  })),
  {
    constraint: { kind: "equals", column: "c", formula: "a * b - 1", tolerance: 0.5 },
    columns: ["c", "a", "b"],
    slow: () => (rows, i) => {
      const [c, a, b] = rows[i] as number[];
      return there(rows[i] as Cell[]) ? Math.abs((c as number) - ((a as number) * (b as number) - 1)) > 0.5 : undefined;
    },
  },
  {
    constraint: { kind: "check", condition: "!(label == 'x' && a > 1) || `c` == 2" },
    columns: ["label", "a", "c"],
    slow: () => (rows, i) => {
      const [label, a, c] = rows[i] as Cell[];
      return there(rows[i] as Cell[]) ? label === "x" && (a as number) > 1 && c !== 2 : undefined;
    },
  },
  {
    constraint: { kind: "references", column: "a", key: "id" },
    columns: ["a"],
    slow: () => (rows, i) => {
      const [a] = rows[i] as Cell[];
      return a === null ? undefined : ![0, 2].includes(a as number);
    },
  },
];

const number = fc.constantFrom<Cell>(0, 0, 1, 1, 2, 3, null);
const label = fc.constantFrom<Cell>("x", "y", "z", null, "?");
const rowsOf = fc.array(fc.tuple(number, number, number, label), { minLength: 1, maxLength: 25 });

const tableFrom = (rows: readonly (readonly Cell[])[], dictionary: readonly string[]): Table =>
  tableOf([
    ...["a", "b", "c"].map((name, j) => ({
      name,
      type: "number" as const,
      storage: "double" as const,
      values: Float64Array.from(rows, (row) => (row[j] === null ? Number.NaN : (row[j] as number))),
    })),
    {
      name: "label",
      type: "text" as const,
      storage: "text" as const,
      dictionary,
      codes: Int32Array.from(rows, (row) => (row[3] === null ? -1 : dictionary.indexOf(row[3] as string))),
    },
  ]);
const schema: TableSchema = {
  format: "counterfoil-schema/1",
  notes: [],
  columns: ["a", "b", "c", "label"].map((name) => ({
    name,
    kind: name === "label" ? "categorical" : "integer",
    type: name === "label" ? "text" : "number",
    evidence: [],
    // "?" and 3 stand for missing.
    missingCodes: name === "label" ? ["?"] : ["3"],
  })),
};
const parents = new Map([["", tableFromCells({ id: [2, 0, 0] })]]);

for (const { constraint, columns, slow } of cases)
  test(`${JSON.stringify(constraint)} is judged as row by row`, () => {
    const cellsOf = (table: Table): Cell[][] =>
      Array.from({ length: table.rows }, (_, row) =>
        columns.map((name) => {
          const cell = cellOf(columnOf(table, name), row);
          return cell === "?" || cell === 3 ? null : cell;
        }),
      );
    fc.assert(
      fc.property(rowsOf, rowsOf, (realRows, rows) => {
        // Dictionaries in another order, and with a label that only other rows hold.
        const real = tableFrom(realRows, ["x", "y", "z", "?"]);
        const table = tableFrom(rows, ["?", "z", "unused", "y", "x"]);
        const { broken, judged } = brokenRowsOf(constraint, { schema, real, parents })(table);
        const expected = cellsOf(table).map((_, i, all) => slow(cellsOf(real))(all, i));
        assert.deepEqual(
          [...broken],
          expected.map((is) => (is ? 1 : 0)),
        );
        assert.equal(judged, expected.filter((is) => is !== undefined).length);
      }),
      { numRuns: 300 },
    );
  });

test("real rows hold their own combinations, and refer to their own keys", () => {
  fc.assert(
    fc.property(rowsOf, (rows) => {
      const real = tableFrom(rows, ["x", "y", "z", "?"]);
      const known = { schema, real, parents: new Map([["own", real]]) };
      for (const constraint of [
        { kind: "combinations", columns: ["a", "b", "c", "label"] },
        { kind: "references", column: "label", key: "label", parent: "own" },
      ] as const)
        assert.ok(!brokenRowsOf(constraint, known)(real).broken.includes(1));
    }),
  );
});

test("dates are compared with each other, with moments in CEL, and booleans are true or false", () => {
  const table = tableOf([
    ...tableFromCells({
      admitted: ["2024-01-01", "2024-02-01", "", "2024-03-01"],
      "left at": ["2024-01-02", "2024-01-31", "2024-01-01", ""],
      type: ["a", "b", "a", "a"],
    }).columns,
    {
      name: "died",
      type: "text",
      storage: "boolean",
      dictionary: ["false", "true"],
      codes: Int32Array.of(0, 1, 1, -1),
    },
  ]);
  const judge = (constraint: Constraint): number[] => [
    ...brokenRowsOf(constraint, { schema: inferSchema(table), real: table })(table).broken,
  ];
  assert.deepEqual(judge({ kind: "order", columns: ["admitted", "left at"], strict: false }), [0, 1, 0, 0]);
  assert.deepEqual(judge({ kind: "check", condition: "`left at` >= admitted" }), [0, 1, 0, 0]);
  assert.deepEqual(judge({ kind: "check", condition: "`left at` - admitted < duration('24h')" }), [1, 0, 0, 0]);
  assert.deepEqual(judge({ kind: "check", condition: "admitted < timestamp('2024-02-01T00:00:00Z')" }), [0, 1, 0, 1]);
  assert.deepEqual(judge({ kind: "check", condition: "!died || `type` == 'a'" }), [0, 1, 0, 0]);
  // Where an expression has no value its row does not hold it.
  assert.deepEqual(judge({ kind: "check", condition: "timestamp(`type`) > admitted" }), [1, 1, 0, 1]);
});

test("formulas have a tolerance, no arithmetic surprise, and a value that is none breaks them", () => {
  const table = tableFromCells({
    price: ["0.1", "0.1", "10.5", "3", "1"],
    n: [3, 3, 2, 0, 0],
    total: ["0.3", "0.31", "21", "", "7"],
    share: ["1", "1", "1", "1", "1"],
  });
  const judge = (constraint: Constraint): number[] => [
    ...brokenRowsOf(constraint, { schema: inferSchema(table), real: table })(table).broken,
  ];
  const equals = (column: string, formula: string, tolerance = 0): Constraint => ({
    kind: "equals",
    column,
    formula,
    tolerance,
  });
  assert.deepEqual(judge(equals("total", "price * n")), [0, 1, 0, 0, 1]);
  assert.deepEqual(judge(equals("total", "price * n", 0.01)), [0, 0, 0, 0, 1]);
  assert.deepEqual(
    judge(equals("total", "max(price, 0) * 2 + n % 2 - abs(price) - round(price)", 100)),
    [0, 0, 0, 0, 0],
  );
  assert.deepEqual(judge(equals("share", "n / n")), [0, 0, 0, 1, 1]);
});
