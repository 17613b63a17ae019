import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InvalidData } from "../../src/errors.ts";
import { type Expression, languageOf, type Scope, wrongName } from "../../src/text/expression.ts";

const language = languageOf(["topic", "n", "xs", "qa"]);
const row: Scope = {
  source: { title: "The Fox", empty: null, "page no": 2, text: "Once upon a time  there was a fox." },
  cells: { topic: "cats", n: 3, xs: [1, 2.5, "c"], qa: { question: "Why?", answers: ["a", "b"] } },
};

function compiled(text: string): Expression {
  const expression = language.compile(text);
  assert.ok(!("wrong" in expression), JSON.stringify(expression));
  return expression;
}

test("an expression gives JSON, and numbers mix as people write them", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["n + 1", 4],
    ["1 + n", 4],
    ["n * 2.5 - 1", 6.5],
    ["n / 2", 1.5],
    ["7 % n", 1],
    ["n == 3 && n >= 3 && n in [1, 2, 3]", true],
    ["size(xs) * n", 9],
    ["max(n, 10)", 10],
    ["round(n / 2)", 2],
    ["source.title + '!'", "The Fox!"],
    ["source['page no'] + 1", 3],
    ["source.empty == null", true],
    ["topic == 3", false],
    ["has(qa.question) && !has(qa.nothing)", true],
    ["qa.answers[1]", "b"],
    ["qa.answers.map(a, a + '?')", ["a?", "b?"]],
    ["xs.filter(x, type(x) == double)", [1, 2.5]],
    ["xs.exists(x, x == 'c')", true],
    ["cel.bind(t, topic, t + t)", "catscats"],
    ["{'n': n, 'list': [n, topic]}", { n: 3, list: [3, "cats"] }],
    ["qa", { question: "Why?", answers: ["a", "b"] }],
    ["n > 2 ? 'many' : 'few'", "many"],
    ["timestamp('2024-02-29T00:00:00Z')", "2024-02-29T00:00:00.000Z"],
  ];
  for (const [text, want] of cases) assert.deepEqual(compiled(text).evaluate(row), want, text);
});

test("text has the words that people expect, before it or after a point", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["lower(source.title)", "the fox"],
    ["source.title.upper()", "THE FOX"],
    ["capitalise(topic)", "Cats"],
    ["squeeze(source.text)", "Once upon a time there was a fox."],
    ["words(source.text, 5)", "Once upon a time  there"],
    ["source.text.words(n)", "Once upon a"],
    ["words(topic, 9)", "cats"],
    ["characters(source.title, 5)", "The F"],
    ["wordCount(source.text)", 8],
    ["source.title.replace('Fox', '$& Hen')", "The $& Hen"],
    ["source.title.split(' ')", ["The", "Fox"]],
    ["trim('  x ')", "x"],
    ["source.title.matches('^The') && matches(topic, 'a.s')", true],
    ["join(xs, '; ')", "1; 2.5; c"],
    ["first(xs)", 1],
    ["last(qa.answers)", "b"],
    ["sum([1, 2.5])", 3.5],
    ["json(qa)", '{"question":"Why?","answers":["a","b"]}'],
    ["string(n)", "3"],
  ];
  for (const [text, want] of cases) assert.deepEqual(compiled(text).evaluate(row), want, text);
});

test("the first n words are a beginning of the text that holds n words, or all of it", () => {
  const expression = compiled("words(source.text, n)");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.nat(12), (text, n) => {
      const got = expression.evaluate({ source: { text }, cells: { n } }) as string;
      const all = text.split(/\s+/u).filter((word) => word !== "");
      assert.deepEqual(
        got.split(/\s+/u).filter((word) => word !== ""),
        all.slice(0, n),
      );
      assert.ok(text.includes(got));
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("what an expression reads is read off its syntax: steps, columns of the source, keys of cells", () => {
  const cases: readonly (readonly [string, Expression["fields"]])[] = [
    ["qa.question + source.title + topic", { source: ["title"], topic: "all", qa: ["question"] }],
    ["source['page no'] + source.title.size()", { source: ["page no", "title"] }],
    ["source", { source: "all" }],
    ["source[topic]", { source: "all", topic: "all" }],
    ["qa.answers[n].size()", { n: "all", qa: ["answers"] }],
    // A variable of a loop hides the step of the same name, in the loop alone.
    ["xs.exists(topic, topic == 1.0)", { xs: "all" }],
    ["xs.exists(topic, topic == 1.0) || topic == ''", { topic: "all", xs: "all" }],
    ["xs.map(x, source.title)", { source: ["title"], xs: "all" }],
    ["cel.bind(n, topic, n + n)", { topic: "all" }],
    ["cel.bind(t, n, t + n)", { n: "all" }],
    ["'source.title'", {}],
    ["has(source.title)", { source: ["title"] }],
  ];
  for (const [text, fields] of cases) {
    const expression = compiled(text);
    assert.deepEqual(expression.fields, fields, text);
    assert.deepEqual([...expression.reads].sort(), Object.keys(fields).sort(), text);
  }
});

test("an unknown name is told with its place, and so is what is no CEL", () => {
  assert.deepEqual(language.compile("n + topci"), { wrong: 'names an unknown "topci"', name: "topci", at: 4 });
  assert.deepEqual(language.compile("n + wordcount(topic)"), {
    wrong: 'names an unknown function "wordcount"; did you mean "wordCount"?',
    at: 4,
  });
  assert.match((language.compile("lower(1)") as { wrong: string }).wrong, /there is no lower\(number\)/);
  for (const text of [
    "",
    "n +",
    "n ++ 1",
    "nothing(n)",
    "'a' + 1",
    `'${"x".repeat(5001)}'`,
    `${"(".repeat(60)}n${")".repeat(60)}`,
  ])
    assert.ok("wrong" in language.compile(text), text.slice(0, 20));
});

test("a row in which an expression has no value is an error of the data that says why", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["source.nothing", /there is no "nothing"/],
    ["qa.answers[5]", /index out of bounds/],
    ["topic + n", /there is no text \+ number; string\(…\) makes text/],
    ["n / 0", /no number that JSON can hold/],
    ["first([])", /the list is empty/],
    ["source.empty + 'x'", /null \+ text/],
  ];
  for (const [text, why] of cases)
    assert.throws(
      () => compiled(text).evaluate(row),
      (error) => error instanceof InvalidData && error.code === "no-value" && why.test(error.message),
      text,
    );
  assert.throws(() => compiled("topic").evaluate({ source: {}, cells: {} }), /the cell "topic" is missing/);
});

test("a source cannot reach what its rows do not hold", () => {
  for (const text of ["source.constructor", "source['__proto__']", "qa.toString"])
    assert.throws(() => compiled(text).evaluate(row), { code: "no-value" }, text);
});

test("a step cannot be named as a word of CEL or of JavaScript's own", () => {
  for (const name of ["a", "size", "words", "Answer2", "a_b"]) assert.equal(wrongName(name), undefined, name);
  for (const name of [
    "in",
    "true",
    "null",
    "int",
    "list",
    "type",
    "as",
    "loop",
    "source",
    "constructor",
    "1a",
    "a-b",
    "",
    "_a",
    "é",
  ])
    assert.ok(wrongName(name) !== undefined, name);
});

test("a pattern that may take for ever is refused before it meets a text", () => {
  const language = languageOf(["t"]);
  const slow = language.compile('size(t) > 1 && t.matches("^(a+)+$")');
  assert.ok(
    "wrong" in slow && /may take for ever: a part of varying length is repeated/.test(slow.wrong),
    JSON.stringify(slow),
  );
  assert.ok(!("wrong" in language.compile('t.matches("^[a-z]+( [a-z]+)*$")')));
  assert.ok(!("wrong" in language.compile('matches(t, "^[a-z]+$")')));
  for (const text of [
    'matches(t, "^(a+)+$")',
    '["x"].exists(p, t.matches("^(a+)+$"))',
    "t.matches(source.pattern)",
    "matches(t, t)",
  ])
    assert.ok("wrong" in language.compile(text), text);
});
