import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Column, type Table, takeRows } from "../../../src/data/table.ts";
import { labelCodes, labelsIn } from "../../../src/hybrid/planner/labels.ts";
import { classSkill, numberSkill } from "../../../src/hybrid/planner/skill.ts";
import { type TableTarget, tableStudent } from "../../../src/hybrid/planner/table-student.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inferSchema } from "../../../src/schema/infer.ts";
import { numberColumn, textColumn } from "../../metrics/world.ts";

const names = ["no", "maybe", "yes"];

/** Two numbers, a colour and a target that hangs on them. */
function world(seed: number, rows: number, flip = false): Table {
  const random = randomFromSeed(seed);
  const x = Array.from({ length: rows }, () => Math.round(100 * random.normal()) / 100);
  const z = Array.from({ length: rows }, () => Math.round(100 * random.normal()) / 100);
  const colour = Array.from({ length: rows }, () => ["red", "green", "blue"][random.integer(3)] as string);
  const score = x.map((value, i) => (flip ? -1 : 1) * (value + (colour[i] === "red" ? 1 : 0)) + 0.3 * random.normal());
  return {
    rows,
    columns: [
      numberColumn("x", x),
      numberColumn("z", z),
      textColumn("colour", colour),
      numberColumn("score", score),
      textColumn(
        "class",
        score.map((value) => names[value < -0.3 ? 0 : value < 0.8 ? 1 : 2] as string),
      ),
      textColumn(
        "high",
        score.map((value) => (value > 0.3 ? "yes" : "no")),
      ),
    ],
  };
}

const without = (table: Table, dropped: readonly string[]): Table => ({
  rows: table.rows,
  columns: table.columns.filter(({ name }) => !dropped.includes(name)),
});
const big = world(1, 800);
const schema = inferSchema(big, {});
const key = randomFromSeed(9);

const TASKS: readonly {
  target: string;
  dropped: readonly string[];
  predict: TableTarget;
  least: number;
  perfect: number;
}[] = [
  {
    target: "high",
    dropped: ["score", "class"],
    predict: { kind: "class", classes: ["no", "yes"], metric: "auc" },
    least: 0.95,
    perfect: 1,
  },
  {
    target: "high",
    dropped: ["score", "class"],
    predict: { kind: "class", classes: ["no", "yes"], metric: "log-loss" },
    least: -0.32,
    perfect: 0,
  },
  {
    target: "class",
    dropped: ["score", "high"],
    predict: { kind: "class", classes: [...names].sort(), metric: "accuracy" },
    least: 0.78,
    perfect: 1,
  },
  { target: "score", dropped: ["class", "high"], predict: { kind: "number", metric: "r2" }, least: 0.88, perfect: 1 },
  { target: "score", dropped: ["class", "high"], predict: { kind: "number", metric: "rmse" }, least: -0.4, perfect: 0 },
];

test("what there is to learn is learned, more of it from more rows, for classes and numbers", () => {
  const fresh = world(2, 500);
  for (const { target, dropped, predict, least, perfect } of TASKS) {
    const student = tableStudent({ target, predict, schema });
    assert.equal(student.metric.perfect, perfect);
    const skill = (rows: number): number => {
      const [value] = student.score({
        real: without(
          takeRows(
            big,
            Uint32Array.from({ length: rows }, (_, i) => i),
          ),
          dropped,
        ),
        synthetic: null,
        arm: "mix",
        tests: [without(fresh, dropped)],
        random: key,
      });
      return (student.metric.better === "higher" ? 1 : -1) * (value as number);
    };
    const [few, many] = [skill(25), skill(800)];
    assert.ok(few < many && many > least, `${target} ${predict.metric}: ${few} at 25 rows, ${many} at 800`);
  }
});

test("synthetic rows that say the opposite ruin a mix, and less so what finishes on real rows; without any the arms are one", () => {
  const dropped = ["score", "class"];
  const student = tableStudent({
    target: "high",
    schema,
    predict: { kind: "class", classes: ["no", "yes"], metric: "auc" },
  });
  const real = without(world(3, 200), dropped);
  const lies = without(world(4, 900, true), dropped);
  const tests = [without(world(5, 500), dropped)];
  const score = (arm: "mix" | "pretrain", synthetic: Table | null): number =>
    student.score({ real, synthetic, arm, tests, random: key })[0] as number;
  const [alone, mixed, finished] = [score("mix", null), score("mix", lies), score("pretrain", lies)];
  assert.ok(alone > 0.9 && mixed < 0.3 && finished > 0.6, `${alone} ${mixed} ${finished}`);
  assert.equal(score("pretrain", null), alone);
  // Of real rows that are none, the synthetic ones alone decide.
  const none = takeRows(real, new Uint32Array(0));
  const [first, second] = (["mix", "pretrain"] as const).map(
    (arm) => student.score({ real: none, synthetic: lies, arm, tests, random: key })[0],
  );
  assert.ok((first as number) < 0.2 && (second as number) < 0.2);
});

test("a draw of one class, labels never seen and missing cells are predicted without a fuss", () => {
  const dropped = ["score", "class"];
  const student = tableStudent({
    target: "high",
    schema,
    predict: { kind: "class", classes: ["no", "yes"], metric: "auc" },
  });
  const rows = without(world(6, 400), dropped);
  const codes = labelCodes(rows.columns.at(-1) as Column, ["no", "yes"]);
  const one = takeRows(
    rows,
    Uint32Array.from(codes.keys()).filter((row) => codes[row] === 1),
  );
  assert.deepEqual(student.score({ real: one, synthetic: null, arm: "mix", tests: [rows], random: key }), [0.5]);
  const blank: Table = {
    rows: 400,
    columns: rows.columns.map((column) =>
      column.name === "x"
        ? numberColumn(
            "x",
            Array.from({ length: 400 }, () => Number.NaN),
          )
        : column,
    ),
  };
  const [value] = student.score({ real: rows, synthetic: null, arm: "mix", tests: [blank], random: key });
  assert.ok((value as number) > 0.4 && (value as number) < 0.9);
});

test("accuracy, log loss and R² are what their definitions say", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: -1, max: 2 }),
        ),
        { minLength: 1, maxLength: 30 },
      ),
      (rows) => {
        const chances = Float64Array.from(rows.flatMap(([a, b, c]) => [a, b, c].map((x) => x / (a + b + c))));
        const truth = Int32Array.from(rows, ([, , , y]) => y);
        const hits = rows.filter(([a, b, c, y]) => [a, b, c].indexOf(Math.max(a, b, c)) === y).length;
        assert.equal(classSkill(chances, truth, { metric: "accuracy", classes: 3 }), hits / rows.length);
        const loss = rows.reduce(
          (sum, [a, b, c, y]) => sum - Math.log(y < 0 ? 1e-6 : ([a, b, c][y] as number) / (a + b + c)),
          0,
        );
        assert.ok(Math.abs(classSkill(chances, truth, { metric: "log-loss", classes: 3 }) - loss / rows.length) < 1e-9);
      },
    ),
    { seed: 4 },
  );
  const truth = Float64Array.of(1, 2, 3, 6);
  assert.equal(numberSkill(Float64Array.of(1, 2, 3, 4), truth, "rmse"), 1);
  assert.ok(Math.abs(numberSkill(Float64Array.of(1, 2, 3, 4), truth, "r2") - (1 - 4 / 14)) < 1e-12);
  assert.ok(Math.abs(numberSkill(new Float64Array(4).fill(3), truth, "r2")) < 1e-12);
});

test("labels of numbers and of texts are numbered alike", () => {
  const numbers = numberColumn("n", [3, Number.NaN, 10, 3]);
  assert.deepEqual(labelsIn(numbers), ["3", "10"]);
  assert.deepEqual([...labelCodes(numbers, ["3", "10"])], [0, -1, 1, 0]);
  const texts = textColumn("t", ["b", null, "a", "c"]);
  assert.deepEqual(labelsIn(texts), ["a", "b", "c"]);
  assert.deepEqual([...labelCodes(texts, ["a", "b"])], [1, -1, 0, -1]);
});
