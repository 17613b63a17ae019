import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import type { Constraint } from "../../../src/schema/constraints.ts";
import type { TableSchema } from "../../../src/schema/schema.ts";
import { publicColumns } from "../../../src/synthesizers/private/columns.ts";
import { structuralZeros } from "../../../src/synthesizers/private/structural-zeros.ts";

const table: Table = tableOf([
  { name: "low", type: "number", storage: "integer", values: Float64Array.of(0) },
  { name: "high", type: "number", storage: "integer", values: Float64Array.of(0) },
  { name: "sex", type: "text", storage: "text", dictionary: ["f"], codes: Int32Array.of(0) },
  { name: "wide", type: "number", storage: "double", values: Float64Array.of(0) },
]);

function schemaWith(constraints: readonly Constraint[]): TableSchema {
  const base = { evidence: [], nullable: false };
  return {
    format: "counterfoil-schema/1",
    notes: [],
    columns: [
      { name: "low", type: "number", kind: "integer", range: [1, 4], ...base, nullable: true },
      { name: "high", type: "number", kind: "integer", range: [0, 5], ...base },
      { name: "sex", type: "text", kind: "categorical", categories: ["f", "m"], ...base, missingCodes: ["?"] },
      {
        name: "wide",
        type: "number",
        kind: "continuous",
        range: [0, 100],
        binEnds: [20, 60, 100],
        decimals: 1,
        ...base,
      },
    ],
    constraints,
  };
}

function zerosOf(...constraints: Constraint[]): ReturnType<typeof structuralZeros> {
  const schema = schemaWith(constraints);
  return structuralZeros(publicColumns(table, schema), schema);
}

test("an order of two columns forbids what it says, cell by cell", () => {
  const { zeros, constraints } = zerosOf({ kind: "order", columns: ["low", "high"], strict: true });
  assert.deepEqual(zeros[0]?.clique, [0, 1]);
  assert.deepEqual(constraints, ["order: low < high"]);
  // The values of "low" are: missing, 1, 2, 3, 4; a row without it is not judged.
  const low = [Number.NaN, 1, 2, 3, 4];
  const wanted = low.flatMap((a) => [0, 1, 2, 3, 4, 5].map((b) => (a >= b ? 0 : 1)));
  assert.deepEqual([...(zeros[0]?.allowed ?? [])], wanted);
});

test("a condition over labels and numbers is tried on every combination", () => {
  const { zeros } = zerosOf({ kind: "check", condition: "sex == 'f' || high > 3" });
  assert.deepEqual(zeros[0]?.clique, [1, 2]);
  // The labels are: "?" (missing), f, m.
  const wanted = [0, 1, 2, 3, 4, 5].flatMap((high) => [1, 1, high > 3 ? 1 : 0]);
  assert.deepEqual([...(zeros[0]?.allowed ?? [])], wanted);
});

test("what bins cannot say, what only rows know, and what forbids nothing is no structural zero", () => {
  assert.deepEqual(zerosOf({ kind: "order", columns: ["low", "wide"], strict: false }).zeros, []);
  assert.deepEqual(zerosOf({ kind: "combinations", columns: ["low", "high"] }).zeros, []);
  assert.deepEqual(zerosOf({ kind: "unique", columns: ["low", "high"] }).zeros, []);
  assert.deepEqual(zerosOf({ kind: "check", condition: "high >= 0" }).zeros, []);
  assert.deepEqual(zerosOf({ kind: "check", condition: "gone > 3" }).zeros, []);
});

test("a domain with too many combinations is left to rules on rows", () => {
  const names = ["a", "b", "c"];
  const wide = tableOf(
    names.map((name) => ({ name, type: "number", storage: "integer", values: Float64Array.of(0) }) as const),
  );
  const schema: TableSchema = {
    format: "counterfoil-schema/1",
    notes: [],
    columns: names.map((name) => ({
      name,
      type: "number",
      kind: "integer",
      evidence: [],
      range: [0, 49],
      nullable: false,
    })),
    constraints: [
      { kind: "order", columns: names, strict: false },
      { kind: "order", columns: ["a", "c"], strict: false },
    ],
  };
  const { constraints } = structuralZeros(publicColumns(wide, schema), schema);
  assert.deepEqual(constraints, ["order: a ≤ c"]);
});
