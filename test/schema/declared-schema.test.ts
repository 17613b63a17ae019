import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../src/data/table.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { declaredSchema, withoutRows } from "../../src/schema/declared-schema.ts";
import { parseSchema } from "../../src/schema/file.ts";

function table(values: readonly number[], labels: readonly string[]): Table {
  return tableOf([
    { name: "code", type: "number", storage: "integer", values: Float64Array.from(values) },
    {
      name: "word",
      type: "text",
      storage: "text",
      dictionary: [...new Set(labels)],
      codes: Int32Array.from(labels, (label) => [...new Set(labels)].indexOf(label)),
    },
    { name: "key", type: "number", storage: "integer", values: Float64Array.from(values, (_, i) => i) },
  ]);
}

test("a declared schema is the same whatever the cells are", () => {
  const override = parseSchema(
    `format: counterfoil-schema/1
columns:
  - {name: code, categories: [1, 2, 3]}
  - {name: word, functionOf: {column: code}, missingCodes: ["?"]}
`,
    "schema.yaml",
  );
  const one = table([1, 1, 1, 1], ["x", "x", "x", "x"]);
  const two = table([5, 6, 7, 8, 9], ["a", "b", "c", "d", "?"]);
  const described = declaredSchema(one, { override, keys: ["key"] });
  assert.deepEqual(described, declaredSchema(two, { override, keys: ["key"] }));
  assert.deepEqual(
    described.columns.map(({ name, kind, categories, functionOf }) => [name, kind, categories, functionOf]),
    [
      ["code", "categorical", ["1", "2", "3"], undefined],
      ["word", "categorical", undefined, undefined],
      ["key", "identifier", undefined, undefined],
    ],
  );
  assert.deepEqual(withoutRows(one), withoutRows(two));
});

test("a domain file is a schema: whole numbers from 0, never missing", () => {
  const schema = parseSchema('{"code": 3, "word": 2}', "domain.json");
  assert.deepEqual(schema.columns, [
    { name: "code", kind: "categorical", categories: ["0", "1", "2"], nullable: false },
    { name: "word", kind: "categorical", categories: ["0", "1"], nullable: false },
  ]);
  for (const text of ['{"code": 0}', '{"code": 1.5}', "{}", '{"code": "3"}'])
    assert.throws(() => parseSchema(text, "domain.json"), InvalidArgument, text);
});
