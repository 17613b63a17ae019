import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgument } from "../../../src/errors.ts";
import type { Json } from "../../../src/llm/model.ts";
import type { CheckStep } from "../../../src/text/recipe.ts";
import { type CheckParts, checkCell } from "../../../src/text/steps/check.ts";
import { wordCount } from "../../../src/text/steps/word-count.ts";

/** What the check says of a row with this one cell; null: it stays. */
function saidOf(
  check: CheckStep["check"],
  value: Json,
  { because, ...parts }: CheckParts & { readonly because?: string } = {},
): string | null {
  const cell = checkCell({ name: "check", check, because }, parts);
  const outcome = cell({ index: 0, sample: 0, source: {}, sourceIndex: null, cells: { text: value } });
  if (outcome.reject) {
    assert.equal(outcome.reject.reason, "check");
    return outcome.reject.detail;
  }
  assert.equal(outcome.value, true);
  return null;
}

test("words are counted, and a count outside is told with the text", () => {
  const words = { cell: "text", words: [2, 4] } as const;
  assert.equal(saidOf(words, "one two"), null);
  assert.equal(saidOf(words, " one\ttwo\n three  four "), null);
  assert.equal(saidOf(words, "one"), '"text" has 1 word, wanted 2 to 4: "one"');
  assert.equal(saidOf(words, ""), '"text" has 0 words, wanted 2 to 4: ""');
  assert.equal(saidOf(words, null), '"text" is no text: null');
  assert.equal(saidOf(words, ["a b"]), '"text" is no text: ["a b"]');
  assert.match(saidOf(words, "word ".repeat(1e5)) ?? "", /^"text" has 100000 words, .{70,120}…$/);
  assert.equal(wordCount("我喜欢读书"), 3);
  assert.equal(wordCount("l’été à Paris — oui"), 5);
});

test("a regular expression is found or the row goes", () => {
  const question = { cell: "text", matches: "^\\p{Lu}.*\\?$" } as const;
  assert.equal(saidOf(question, "Élan?"), null);
  assert.equal(saidOf(question, "no"), '"text" does not match /^\\p{Lu}.*\\?$/u: "no"');
  assert.equal(saidOf({ cell: "text", matches: "^4" }, 42), null);
  assert.match(saidOf(question, `A${"a".repeat(100_000)}`) ?? "", /100001 characters, more than/);
  assert.match(saidOf(question, "A", { matches: () => undefined }) ?? "", /took too long/);
  assert.throws(() => saidOf({ cell: "text", matches: "(" }, ""), InvalidArgument);
});

test("JSON parses, and other languages by who can tell", () => {
  const json = { cell: "text", parses: "json" } as const;
  assert.equal(saidOf(json, '{"a": [1]}'), null);
  assert.equal(saidOf(json, { a: 1 }), null);
  assert.match(saidOf(json, '{"a": ') ?? "", /^"text" does not parse as json: .+: "\{/);
  const javascript = { cell: "text", parses: "javascript" } as const;
  assert.equal(
    saidOf(javascript, "a", { parses: (language, text) => `${language} ${text}` }),
    '"text" does not parse as javascript: javascript a: "a"',
  );
  assert.equal(saidOf(javascript, "a", { parses: () => undefined }), null);
});

test("expressions and schemas say what does not hold, the recipe's own words first", () => {
  const because = "Questions must be short";
  assert.equal(
    saidOf("size(text) < 9", "x", { expression: () => false, because }),
    "Questions must be short: not size(text) < 9",
  );
  assert.equal(saidOf("size(text) < 9", "x", { expression: () => true }), null);
  assert.equal(
    saidOf("size(text) < 9", "x", { expression: () => undefined }),
    "it cannot be told whether size(text) < 9",
  );
  const schema = { cell: "text", schema: { type: "string" } };
  assert.equal(
    saidOf(schema, 3, { schema: (value) => (typeof value === "string" ? undefined : "must be string") }),
    '"text" does not fit the schema: must be string: 3',
  );
});

test("every part must hold", () => {
  const both = { cell: "text", words: [1, 2], matches: "a" } as const;
  assert.equal(saidOf(both, "a b"), null);
  assert.match(saidOf(both, "b") ?? "", /match/);
  assert.match(saidOf(both, "a b c") ?? "", /words/);
});
