import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgument } from "../../src/errors.ts";
import { applySchema, parseSchema, schemaToYaml } from "../../src/schema/file.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { tableFromCells } from "./csv.ts";

const numbers = (step: number): number[] => Array.from({ length: 40 }, (_, i) => (i * step) % 37);
const days = (from: number): string[] =>
  Array.from({ length: 40 }, (_, i) => new Date(Date.UTC(2024, 0, from + ((i * 7) % 90))).toISOString().slice(0, 10));
const table = tableFromCells({
  low: numbers(3),
  open: numbers(5),
  high: numbers(7),
  total: numbers(11),
  admitted: days(1),
  discharged: days(3),
  country: Array.from({ length: 40 }, (_, i) => ["NL", "DE"][i % 2] as string),
  city: Array.from({ length: 40 }, (_, i) => ["Delft", "Bonn", "Gouda"][i % 3] as string),
  "num.co": numbers(2),
  type: Array.from({ length: 40 }, (_, i) => ["a", "b"][i % 2] as string),
});

const file = (constraints: string, columns = "columns: []"): string =>
  `format: counterfoil-schema/1\n${columns}\nconstraints:\n${constraints}`;
const apply = (text: string): TableSchema => applySchema(inferSchema(table), parseSchema(text, "s.yaml"), table);

const ALL = `  - order: [low, open, high]
    strict: true
  - order: [admitted, discharged]
  - unique: country
  - unique: [country, city]
  - combinations: [country, city]
  - oneHot: [low, open]
  - equals: { column: total, formula: "low * open", tolerance: 0.01 }
  - equals: { column: total, formula: high }
  - increments: { column: total, of: admitted, within: city }
  - increments: { column: total, of: admitted }
  - references: { column: city, key: id }
  - references: { column: city, key: id, parent: cities }
  - check: "!(country == 'NL' && city == 'Bonn') && \`num.co\` >= 0"
`;

test("every constraint is read, and written so that it is read again", () => {
  const schema = apply(file(ALL));
  assert.deepEqual(schema.constraints?.slice(0, 3), [
    { kind: "order", columns: ["low", "open", "high"], strict: true },
    { kind: "order", columns: ["admitted", "discharged"], strict: false },
    { kind: "unique", columns: ["country"] },
  ]);
  assert.deepEqual(schema.constraints?.[7], { kind: "equals", column: "total", formula: "high", tolerance: 0 });
  assert.equal(schema.constraints?.length, 13);
  assert.deepEqual(apply(schemaToYaml(schema)), schema);
});

test("a schema without constraints is written as before", () => {
  const schema = inferSchema(table);
  assert.doesNotMatch(schemaToYaml(schema), /constraints/);
  assert.ok(!("constraints" in apply(schemaToYaml(schema))));
});

test("mistakes are named with file, line and the nearest word", () => {
  const wrong: readonly (readonly [constraints: string, message: RegExp])[] = [
    ["  - ordr: [low, high]\n", /s\.yaml, line 4: there is no constraint "ordr"\. Did you mean "order"\?/],
    ["  - unique: country\n  - low\n", /line 5: a constraint is a kind/],
    ["  - unique: country\n    combinations: [country, city]\n", /line 5: "combinations" and "unique" are two/],
    ["  - order: [low]\n", /line 4: order: /],
    ["  - order: [low, high]\n    strikt: true\n", /line 5: there is no field "strikt".*Did you mean "strict"\?/],
    ["  - unique: country\n    strict: true\n", /line 5: there is no field "strict" in the constraint "unique"/],
    [
      "  - equals: { column: total, formula: low, tolerence: 1 }\n",
      /line 4: there is no field "tolerence".*Did you mean "tolerance"\?/,
    ],
    ["  - equals:\n      column: total\n      formula: low\n      tolerance: -1\n", /line 7: equals\.tolerance: /],
    ["  - order: [low, high, low]\n", /line 4: .*"order: low ≤ high ≤ low".* "low" twice/],
    // Of the table:
    [
      "  - unique: country\n  - order: [low, hihg]\n",
      /s\.yaml, line 5: .*"order: low ≤ hihg" names a column "hihg".*Did you mean "high"\?/,
    ],
    ["  - order: [country, city]\n", /line 4: .* the column "country" holds text/],
    ["  - order: [low, admitted]\n", /line 4: .*wants numbers only.*"admitted" holds dates/],
    ["  - oneHot: [low, city]\n", /line 4: .*"city" holds text/],
    ["  - increments: { column: city, of: low }\n", /line 4: .*"city" holds text/],
    ["  - equals: { column: city, formula: low }\n", /line 4: .*wants a number.*"city" holds text/],
    ["  - check: lwo > 1\n", /line 4: .*names a column "lwo".*Did you mean "low"\?/],
    ["  - check: '`num.c` > 1'\n", /line 4: .*names a column "num\.c".*Did you mean "num\.co"\?/],
    ["  - check: city > 1\n", /line 4: .*"check: city > 1" is no CEL expression: no such overload: string > int/],
    ["  - check: low + 1\n", /line 4: .* is double, and must be true or false/],
    ["  - check: 1 < 2\n", /line 4: .* names no column/],
    ["  - equals: { column: total, formula: low > 1 }\n", /line 4: .* is bool, and must be a number/],
  ];
  for (const [constraints, message] of wrong)
    assert.throws(
      () => apply(file(constraints)),
      (error: InvalidArgument) =>
        (error instanceof InvalidArgument && message.test(error.message) && error.advice !== undefined) ||
        assert.fail(`${message} against ${(error as Error).stack}`),
    );
  assert.throws(
    () => apply(file("  - order: [low, open]\n  - order: [low, high]\n", "columns:\n  - { name: high, drop: true }")),
    /line 6: .*"order: low ≤ high" names the column "high", which is left out/,
  );
  assert.throws(
    () => apply(file("  - check: high > 1\n", "columns:\n  - { name: high, drop: true }")),
    /line 5: .*"check: high > 1" names the column "high", which is left out/,
  );
});

test("orders that no row can hold together are refused, both named", () => {
  assert.throws(
    () => parseSchema(file("  - order: [low, open]\n  - order: [open, low]\n    strict: true\n"), "s.yaml"),
    /s\.yaml, line 5: no row can hold "order: low ≤ open" and "order: open < low" together/,
  );
  assert.throws(
    () =>
      parseSchema(
        file(
          "  - order: [low, open]\n  - unique: city\n  - order: [open, total, high]\n  - order: [high, low]\n    strict: true\n",
        ),
        "s.yaml",
      ),
    /line 7: .*"order: low ≤ open" and "order: open ≤ total ≤ high" and "order: high < low"/,
  );
  // Equal cells hold both.
  assert.equal(parseSchema(file("  - order: [low, open]\n  - order: [open, low]\n"), "s.yaml").constraints?.length, 2);
});
