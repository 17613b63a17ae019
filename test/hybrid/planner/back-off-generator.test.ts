import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, type Table, tableOf } from "../../../src/data/table.ts";
import { InvalidArgument } from "../../../src/errors.ts";
import { backOffGenerator } from "../../../src/hybrid/planner/back-off-generator.ts";
import { randomFromSeed } from "../../../src/random.ts";

const TEXTS = ["where is my new card", "is my card lost", "what is the rate", "is the new rate good", null];

function questions(): Table {
  const dictionary = TEXTS.filter((text) => text !== null);
  return tableOf([
    {
      ...{ type: "text", name: "question", dictionary, storage: "text" },
      codes: Int32Array.from(TEXTS, (text) => (text === null ? -1 : dictionary.indexOf(text))),
    },
    {
      ...{ type: "text", name: "kind", dictionary: ["card", "rate"], storage: "text" },
      codes: Int32Array.of(0, 0, 1, 1, 1),
    },
    { type: "number", name: "length", values: Float64Array.of(1, 2, 3, 4, 5), storage: "integer" },
  ]);
}

const generator = backOffGenerator({ text: ["question"], target: "kind" });

test("Rows have the real rows' columns, words and classes, and mostly new texts", async () => {
  const made = await generator.generate(questions(), 400, { random: randomFromSeed(1) });
  assert.equal(made.rows, 400);
  assert.deepEqual(
    made.columns.map(({ name }) => name),
    ["question", "kind", "length"],
  );
  const question = columnOf(made, "question");
  const kind = columnOf(made, "kind");
  const length = columnOf(made, "length");
  assert.ok(question.type === "text" && kind.type === "text" && length.type === "number");
  const words = new Set(TEXTS.flatMap((text) => text?.split(" ") ?? []));
  const real = new Set(TEXTS);
  let copies = 0;
  for (let row = 0; row < made.rows; row++) {
    const source: number = length.values[row]!;
    assert.equal(
      kind.dictionary[kind.codes[row]!],
      source < 3 ? "card" : "rate",
      "other columns are those of one real row",
    );
    if (source === 5) assert.equal(question.codes[row], -1, "a missing text stays missing");
    else {
      const text = question.dictionary[question.codes[row]!]!;
      assert.ok(text.split(" ").every((word) => words.has(word)));
      if (real.has(text)) copies++;
    }
  }
  assert.ok(copies < 40, `${copies} of 400 are copies`);
});

test("The same seed makes the same rows", async () => {
  const [a, b, c] = await Promise.all(
    [1, 1, 2].map((seed) => generator.generate(questions(), 50, { random: randomFromSeed(seed) })),
  );
  assert.deepEqual(a, b);
  assert.notDeepEqual(a, c);
});

test("A target cannot be a text that is written, nor can a number", async () => {
  const of = (text: string, target: string) =>
    backOffGenerator({ text: [text], target }).generate(questions(), 1, { random: randomFromSeed(1) });
  await assert.rejects(of("kind", "kind"), InvalidArgument);
  await assert.rejects(of("length", "kind"), InvalidArgument);
});
