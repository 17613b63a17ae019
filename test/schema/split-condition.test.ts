import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Table, tableOf } from "../../src/data/table.ts";
import { isInside } from "../../src/schema/column-condition.ts";
import { compileRowExpression, type RowExpression } from "../../src/schema/row-expression.ts";
import { splitCondition } from "../../src/schema/split-condition.ts";

const like: Table = tableOf([
  { name: "age", type: "number", storage: "double", values: Float64Array.of(1, 2, 3, 4) },
  { name: "sex", type: "text", storage: "text", dictionary: ["F", "M", "X"], codes: Int32Array.of(0, 1, 2, 0) },
  { name: "well", type: "text", storage: "boolean", dictionary: ["false", "true"], codes: Int32Array.of(0, 1, 0, 1) },
  { name: "day", type: "date", storage: "date", values: Float64Array.of(0, 1e12, 2e12, Number.NaN) },
]);

function split(text: string): ReturnType<typeof splitCondition> {
  return splitCondition(compiled(text), { like, missing: false });
}

function compiled(text: string): RowExpression {
  const expression = compileRowExpression(text, like, "condition");
  assert.ok(!("wrong" in expression), "wrong" in expression ? expression.wrong : "");
  return expression;
}

test("comparisons of one column with plain values become conditions on it", () => {
  const { conditions, isWhole } = split(
    "age >= 2 && 4 > age && (sex == 'F' || sex in ['X']) && !well && day < timestamp('2001-09-09T01:46:40Z')",
  );
  assert.equal(isWhole, true);
  assert.deepEqual(conditions, [
    { column: "age", missing: false, intervals: [[2, 4 - 2 ** -51]] },
    { column: "sex", missing: false, labels: ["F", "X"] },
    { column: "well", missing: false, labels: ["false"] },
    { column: "day", missing: false, intervals: [[Number.NEGATIVE_INFINITY, 1e12 - 2 ** -13]] },
  ]);
});

test("what names two columns, or computes, is left for each row", () => {
  assert.deepEqual(split("age * 2 > 3.0"), { conditions: [], isWhole: false });
  assert.deepEqual(split("age < 3 || sex == 'M'"), { conditions: [], isWhole: false });
  assert.deepEqual(split("age > 1 && age + age < 7.0"), {
    conditions: [{ column: "age", missing: false, intervals: [[1 + 2 ** -52, Number.POSITIVE_INFINITY]] }],
    isWhole: false,
  });
});

test("a label that no row has is kept, to be told about", () => {
  assert.deepEqual(split("sex == 'G'").conditions, [{ column: "sex", missing: false, labels: ["G"] }]);
});

test("conditions on one column hold for the very cells for which the expression does", () => {
  const leaf = fc.oneof(
    fc
      .tuple(fc.constantFrom("<", "<=", ">", ">=", "==", "!="), fc.constantFrom(1, 2, 2.5, 3, 4))
      .map(([op, x]) => `age ${op} ${x}`),
    fc.constantFrom("age in [1.0, 4.0]", "3 >= age"),
  );
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.tuple(tie("tree"), fc.constantFrom("&&", "||"), tie("tree")).map(([a, op, b]) => `(${a} ${op} ${b})`),
      tie("tree").map((a) => `!(${a})`),
    ),
  }));
  fc.assert(
    fc.property(tree, (text) => {
      const expression = compiled(text);
      const { conditions, isWhole } = splitCondition(expression, { like, missing: false });
      assert.ok(isWhole && conditions.length === 1);
      const holds = expression.over(like);
      for (let row = 0; row < 4; row++)
        assert.equal(isInside(conditions[0]?.intervals, row + 1), holds(row), `${text} at ${row + 1}`);
    }),
    { seed: 11, numRuns: 200 },
  );
});
