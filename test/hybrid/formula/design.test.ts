import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, type Table, tableOf } from "../../../src/data/table.ts";
import { InvalidArgument } from "../../../src/errors.ts";
import { buildDesign, planDesign } from "../../../src/hybrid/formula/design.ts";
import { parseFormula } from "../../../src/hybrid/formula/formula.ts";

const numbers = (name: string, values: readonly number[]): Column => ({
  name,
  type: "number",
  storage: "double",
  values: Float64Array.from(values),
});
const labels = (name: string, cells: readonly (string | null)[]): Column => {
  const dictionary = [...new Set(cells.filter((cell) => cell !== null))];
  return {
    name,
    type: "text",
    storage: "text",
    dictionary,
    codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : dictionary.indexOf(cell))),
  };
};
const people: Table = tableOf([
  numbers("pay", [10, 20, 30, 40, 50, 60]),
  numbers("age", [1, 2, 3, 4, 5, 6]),
  labels("job", ["nurse", "cook", "judge", "cook", "nurse", "judge"]),
  labels("sex", ["m", "f", "f", "m", "f", "m"]),
  numbers("rooms", [1, 2, 3, 1, 2, 3]),
  numbers("hours per week", [8, 7, 6, 5, 4, 3]),
]);

const termsOf = (formula: string, table = people, apart: readonly string[] = ["pay"]): readonly string[] =>
  planDesign(parseFormula(formula), table, { apart }).terms;

// What R 4's model.matrix() names them, but for "=" between a column and its level.
const EXPECTED: readonly (readonly [formula: string, terms: readonly string[]])[] = [
  ["pay ~ 1", ["(intercept)"]],
  ["pay ~ age", ["(intercept)", "age"]],
  ["pay ~ age - 1", ["age"]],
  ["pay ~ 0 + age", ["age"]],
  ["pay ~ -1 + age", ["age"]],
  ["pay ~ job", ["(intercept)", "job=judge", "job=nurse"]],
  ["pay ~ job - 1", ["job=cook", "job=judge", "job=nurse"]],
  ["pay ~ job + sex - 1", ["job=cook", "job=judge", "job=nurse", "sex=m"]],
  ["pay ~ C(rooms)", ["(intercept)", "rooms=2", "rooms=3"]],
  ["pay ~ age*sex", ["(intercept)", "age", "sex=m", "age:sex=m"]],
  ["pay ~ age:sex", ["(intercept)", "age:sex=f", "age:sex=m"]],
  ["pay ~ age + age:sex", ["(intercept)", "age", "age:sex=m"]],
  ["pay ~ sex + age:sex", ["(intercept)", "sex=m", "age:sex=f", "age:sex=m"]],
  ["pay ~ job*sex", ["(intercept)", "job=judge", "job=nurse", "sex=m", "job=judge:sex=m", "job=nurse:sex=m"]],
  ["pay ~ sex:age + age", ["(intercept)", "age", "sex=m:age"]],
  [
    "pay ~ age*sex*rooms - age:sex:rooms",
    ["(intercept)", "age", "sex=m", "rooms", "age:sex=m", "age:rooms", "sex=m:rooms"],
  ],
  ["pay ~ log(age) + age^2 + I(age / 10) + sqrt(rooms)", ["(intercept)", "log(age)", "age^2", "age/10", "sqrt(rooms)"]],
  ["pay ~ `hours per week`", ["(intercept)", "hours per week"]],
  ["pay ~ age + age + age:age", ["(intercept)", "age"]],
  ["pay ~ . - job", ["(intercept)", "age", "sex=m", "rooms", "hours per week"]],
  ["pay ~ . + age:sex - `hours per week` - C(job) - job", ["(intercept)", "age", "sex=m", "rooms", "age:sex=m"]],
];

test("a formula's coefficients are those of R's model.matrix", () => {
  for (const [formula, terms] of EXPECTED) assert.deepEqual([...termsOf(formula)].sort(), [...terms].sort(), formula);
});

test("a design holds the products that its terms are named for", () => {
  const design = planDesign(parseFormula("pay ~ age*job + I((age - 1)^2 / rooms) + 0"), people, { apart: ["pay"] });
  const { matrix, incomplete } = buildDesign(design, people, { unknown: "incomplete" });
  const p = design.terms.length;
  const at = (row: number, term: string): number => matrix[row * p + design.terms.indexOf(term)] as number;
  assert.deepEqual([...incomplete], [0, 0, 0, 0, 0, 0]);
  assert.deepEqual(design.terms, [
    "age",
    "job=cook",
    "job=judge",
    "job=nurse",
    "(age-1)^2/rooms",
    "age:job=judge",
    "age:job=nurse",
  ]);
  for (let row = 0; row < 6; row++) {
    const age = row + 1;
    assert.equal(at(row, "age"), age);
    assert.equal(at(row, "job=nurse"), [1, 0, 0, 0, 1, 0][row]);
    assert.equal(at(row, "age:job=judge"), [0, 0, 3, 0, 0, 6][row]);
    assert.equal(at(row, "(age-1)^2/rooms"), (age - 1) ** 2 / [1, 2, 3, 1, 2, 3][row]!);
  }
});

test("a cell that is missing, a logarithm of 0 and a level that no labelled row has make a row incomplete, and no other", () => {
  const design = planDesign(parseFormula("pay ~ log(age) + job"), people, { apart: ["pay"] });
  const other = tableOf([
    numbers("age", [0, 1, Number.NaN, 3, Number.POSITIVE_INFINITY]),
    labels("job", ["cook", "pilot", "cook", "nurse", "cook"]),
  ]);
  const found = buildDesign(design, other, { unknown: "incomplete" });
  assert.deepEqual([...found.incomplete], [1, 1, 1, 0, 1]);
  assert.deepEqual(found.unknown, [{ column: "job", labels: ["pilot"], rows: 1 }]);
  const byDefault = buildDesign(design, other, { unknown: "reference" });
  assert.deepEqual([...byDefault.incomplete], [1, 0, 1, 0, 1]);
  assert.deepEqual([...byDefault.matrix.subarray(4, 8)], [1, 0, 0, 0]);
});

test('"." says what it leaves out', () => {
  const notices: string[] = [];
  const many = tableOf([
    numbers(
      "pay",
      Array.from({ length: 60 }, (_, i) => i),
    ),
    labels(
      "name",
      Array.from({ length: 60 }, (_, i) => `n${i}`),
    ),
    labels("planet", new Array(60).fill("earth")),
    { name: "born", type: "date", storage: "date", values: new Float64Array(60) },
    numbers(
      "age",
      Array.from({ length: 60 }, (_, i) => i % 7),
    ),
  ]);
  const { terms } = planDesign(parseFormula("pay ~ ."), many, { apart: ["pay"], notice: (text) => notices.push(text) });
  assert.deepEqual(terms, ["(intercept)", "age"]);
  assert.deepEqual(notices, [
    '"." leaves out "name" (it has 60 levels), "planet" (it is the same in every labelled row), "born" (it holds dates).',
  ]);
});

// The place is where the marks begin, counted from 0.
const WRONG: readonly (readonly [formula: string, at: number, says: RegExp])[] = [
  ["pay", 0, /there is no ~/],
  ["pay ~", 5, /missing at the end/],
  ["pay ~ age +", 11, /missing at the end/],
  ["pay ~ age + + sex", 12, /"\+" does not belong/],
  ["pay ~ agge", 6, /no column "agge"; did you mean "age"\?/],
  ["pay ~ hours", 6, /no column "hours"/],
  ["pay ~ age hours", 10, /a sign is missing before "hours"/],
  ["pay ~ age + 2", 12, /2 is no term[\s\S]*I\(/],
  ["pay ~ lg(age)", 6, /no function "lg"; did you mean "log"/],
  ["pay ~ (age + sex):rooms", 6, /brackets around terms/],
  ["pay ~ log(age", 6, /not closed/],
  ["pay ~ log(job)", 6, /"job" holds text/],
  ["pay ~ C(log(age))", 8, /C\(\) takes one column/],
  ["pay ~ age ~ sex", 10, /"~" does not belong/],
  ["pay ~ age / rooms", 10, /"\/" does not belong[\s\S]*I\(x \/ 10\)/],
  ["pay ~ age % 2", 10, /"%" cannot be read/],
  ["pay ~ age + `sex", 12, /no partner/],
  ["pay ~ age + pay", 12, /cannot explain itself/],
  ["pay ~ age - rooms", 12, /removed without having been there/],
  ["pay ~ age - 1 - age", 0, /nothing is left/],
  ["pay ~ age^sex", 10, /a power is a number/],
  ["pay ~ I(3)", 6, /reads no column/],
];

test("what is wrong with a formula is said at its place, with the nearest name", () => {
  for (const [formula, at, says] of WRONG)
    assert.throws(
      () => termsOf(formula),
      (error) => {
        assert.ok(error instanceof InvalidArgument, String(error));
        const text = `${error.message}\n${error.advice ?? ""}`;
        assert.match(text, says, formula);
        const mark = text.split("\n").find((line) => /^ +\^+$/.test(line)) ?? "";
        assert.equal(mark.indexOf("^") - 4, at, `${formula}\n${text}`);
        return true;
      },
    );
});

test("a name with a sign in it, read as several, gets the advice to use backticks", () => {
  const table = tableOf([numbers("y", [1, 2]), numbers("capital-gain", [1, 2]), numbers("capital", [3, 4])]);
  for (const formula of ["y ~ capital-gain", "y ~ capital + capital-gain"])
    assert.throws(
      () => termsOf(formula, table, ["y"]),
      (error) => error instanceof InvalidArgument && /Write `capital-gain` in backticks/.test(error.advice ?? ""),
    );
});
