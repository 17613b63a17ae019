import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import { InvalidArgument, InvalidData } from "../../../src/errors.ts";
import type { Lesson } from "../../../src/hybrid/planner/student.ts";
import { textStudent } from "../../../src/hybrid/planner/text-student.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";

function table(columns: Readonly<Record<string, readonly (string | null)[]>>): Table {
  return tableOf(
    Object.entries(columns).map(([name, cells]) => {
      const dictionary = [...new Set(cells.filter((cell) => cell !== null))];
      const codes = Int32Array.from(cells, (cell) => (cell === null ? -1 : dictionary.indexOf(cell)));
      return { type: "text", name, codes, dictionary, storage: "text" } as const;
    }),
  );
}

/** Questions of two kinds: some of the words tell which, with errors. */
function questions(rows: number, options: { readonly random: Random; readonly noise?: number }): Table {
  const { random, noise = 0 } = options;
  const words = (letter: string): string => `${letter}${random.integer(12)}`;
  const kinds = Array.from({ length: rows }, () => random.integer(2));
  return table({
    text: kinds.map((kind) =>
      Array.from({ length: 6 }, () => words(random.uniform() < 0.35 ? "pq"[kind]! : "x")).join(" "),
    ),
    kind: kinds.map((kind) => (random.uniform() < noise ? "odd" : kind === 0 ? "odd" : "even")),
  });
}

const student = textStudent({ text: ["text"], target: "kind", features: "n-grams" });

function accuracy(lesson: Pick<Lesson, "real" | "synthetic" | "arm">, test: Table, of = student): number {
  return of.score({ ...lesson, tests: [test], random: randomFromSeed(0) })[0]!;
}

test("A student of texts learns from rows, and from more of them more", () => {
  const random = randomFromSeed(1);
  const test = questions(400, { random });
  const [few, many] = [10, 300].map((rows) =>
    accuracy({ real: questions(rows, { random }), synthetic: null, arm: "mix" }, test),
  );
  assert.ok(many! > 0.85 && many! > few!, `${few} and then ${many}`);
});

test("Good synthetic rows help a student of few real ones, mixed or before them, and the two ways differ", () => {
  const random = randomFromSeed(2);
  const test = questions(400, { random });
  const real = questions(10, { random });
  const synthetic = questions(300, { random, noise: 0.1 });
  const alone = accuracy({ real, synthetic: null, arm: "mix" }, test);
  const mixed = accuracy({ real, synthetic, arm: "mix" }, test);
  const pretrained = accuracy({ real, synthetic, arm: "pretrain" }, test);
  assert.ok(mixed > alone && pretrained > alone, `${alone}, ${mixed}, ${pretrained}`);
  assert.notEqual(mixed, pretrained);
});

test("A pair of texts is judged by what the two have in common", () => {
  const random = randomFromSeed(3);
  const pairs = (rows: number): Table => {
    const same = Array.from({ length: rows }, () => random.integer(2) === 1);
    const first = same.map(() => random.integer(20));
    const second = first.map((word, row) => (same[row] ? word : (word + 1 + random.integer(19)) % 20));
    return table({
      claim: first.map((word) => `it is w${word}`),
      evidence: second.map((word) => `w${word} it was`),
      kind: same.map((is) => (is ? "supported" : "not")),
    });
  };
  const [train, test] = [pairs(300), pairs(300)];
  const lesson = { real: train, synthetic: null, arm: "mix" } as const;
  const pair = textStudent({ text: ["claim", "evidence"], target: "kind", features: "n-grams" });
  assert.ok(accuracy(lesson, test, pair) > 0.95);
  const one = textStudent({ text: ["evidence"], target: "kind", features: "n-grams" });
  assert.ok(accuracy(lesson, test, one) < 0.65, "one of the two tells nothing");
});

test("Rows without a label teach nothing, and test rows of an unknown label are missed", () => {
  const real = table({ text: ["a a", "b b", "a b"], kind: ["a", "b", null] });
  const test = table({ text: ["a", "b", "c"], kind: ["a", "b", "c"] });
  assert.equal(accuracy({ real, synthetic: null, arm: "mix" }, test), 2 / 3);
  assert.throws(
    () => accuracy({ real: table({ text: ["a"], kind: [null] }), synthetic: null, arm: "mix" }, test),
    InvalidData,
  );
  const numbers = tableOf([
    { type: "number", name: "text", values: new Float64Array(2), storage: "double" },
    { type: "number", name: "kind", values: Float64Array.of(0, 1), storage: "integer" },
  ]);
  assert.throws(() => accuracy({ real: numbers, synthetic: null, arm: "mix" }, numbers), InvalidArgument);
});
