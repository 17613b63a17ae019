import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, type Table, tableOf } from "../../src/data/table.ts";
import { ResourceError } from "../../src/errors.ts";
import { checkMemory } from "../../src/jobs/memory.ts";

const columns: readonly Column[] = [{ type: "number", name: "x", values: new Float64Array(1000), storage: "double" }];
const table: Table = tableOf(columns, 1000);

test("what does not fit is said before the work, with both sizes", () => {
  assert.doesNotThrow(() => checkMemory([table, undefined], 1e6));
  assert.throws(
    () => checkMemory([table, table, undefined], 1e5),
    (error: unknown) =>
      error instanceof ResourceError && error.code === "not-enough-memory" && /2,000 cells/.test(error.message),
  );
});

test("small tables fit in the memory there is", () => {
  assert.doesNotThrow(() => checkMemory([table]));
});
