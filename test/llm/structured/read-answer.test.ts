import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json, JsonSchema, ModelAnswer } from "../../../src/llm/model.ts";
import { type ReadAnswer, readAnswer } from "../../../src/llm/structured/read-answer.ts";
import { compileSchema } from "../../../src/llm/structured/schema-check.ts";

const QUESTION: JsonSchema = {
  type: "object",
  properties: {
    question: { type: "string", minLength: 3 },
    level: { type: "integer", minimum: 1, maximum: 5 },
    tags: { type: "array", items: { type: "string" } },
    hard: { type: "boolean" },
  },
  required: ["question", "level"],
  additionalProperties: false,
};
const check = compileSchema(QUESTION, { where: "a test" });
const read = (text: string, finish: ModelAnswer["finish"] = "stop"): ReadAnswer =>
  readAnswer({ text, finish }, { check });
const value = { question: "Who came?", level: 3 };
const json = JSON.stringify(value);

test("an answer that is what was asked for carries no mark", () => {
  assert.deepEqual(read(json), { value });
  assert.deepEqual(read(`\n ${json}\n`), { value });
});

test("what had to be mended is mended where nothing is lost, and marked", () => {
  const cases: readonly (readonly [text: string, mark: string])[] = [
    [`\`\`\`json\n${json}\n\`\`\``, "fence"],
    [`Here it is:\n\`\`\`\n${json}\n\`\`\`\nGood luck!`, "fence"],
    [`Sure! ${json} I hope this helps.`, "prose"],
    [`<think>It needs { and }.</think>\n${json}`, "reasoning"],
    [`{"question": "Who came?", "level": 3,}`, "json"],
    [`{'question': 'Who came?', 'level': 3}`, "json"],
    [`{question: "Who came?", level: 3 /* easy */}`, "json"],
    [`{"question": "Who came?", "level": "3"}`, "type"],
    [`{"question": "Who came?", "level": 3, "hard": null}`, "null"],
    [`{"question": "Who came?", "level": 0.3e1}`, "number"],
    [`\`\`\`json\n{"question": "Who came?", "level": " 3 ",}\n\`\`\``, "fence+json+type"],
    [JSON.stringify(json), "type"],
  ];
  for (const [text, repaired] of cases) assert.deepEqual(read(text), { value, repaired }, text);
  assert.deepEqual(read('{"question": "Who?", "level": 1, "hard": "true", "tags": "[\\"a\\"]"}'), {
    value: { question: "Who?", level: 1, hard: true, tags: ["a"] },
    repaired: "type",
  });
});

test("null for what may be absent is no repair where it was asked for", () => {
  const text = '{"question": "Who came?", "level": 3, "tags": null, "hard": null}';
  assert.deepEqual(readAnswer({ text, finish: "stop" }, { check, nullIsAbsent: true }), { value });
});

test("what does not fit is never accepted", () => {
  const cases: readonly (readonly [text: string, problem: RegExp])[] = [
    ["", /empty/],
    ["I cannot do that.", /no JSON/],
    ['{"question": "Who came?", "level": 9}', /level must be <= 5/],
    ['{"question": "Who came?", "level": 492e9}', /level must be <= 5/],
    ['{"question": "Who came?", "level": "three"}', /level must be integer/],
    ['{"question": "Who came?", "level": "3.5"}', /level/],
    ['{"question": "Who came?", "level": "90071992547409931234"}', /level must be integer/],
    ['{"question": "Who came?"}', /required property 'level'/],
    ['{"question": "Who came?", "level": 3, "extra": 1}', /additional properties: "extra"/],
    ["[]", /must be object/],
    ["null", /must be object/],
  ];
  for (const [text, problem] of cases) {
    const answer = read(text);
    assert.equal(answer.value, undefined, text);
    assert.match(answer.problems?.join() ?? "", problem, text);
  }
});

test("a torn answer is never mended, whether it says so or not", () => {
  for (const text of [
    '{"question": "Who came?", "level": 3',
    '{"question": "Who came?", "level": 3 <oops',
    '{"question": "Who came',
    '{"level": 3, "question": "Who came? And {why}',
    '{"question": "Who came?", "level": 3, "tags": ["a", "b"',
    '{"question": "Who came?", "level": 3, "tags": ["a", "b"}',
    '{"question": "Who came?", "level": 3, "tags": ["a", ...]}',
  ])
    for (const finish of ["stop", "length"] as const) assert.equal(read(text, finish).value, undefined, text);
  const mendable = `{"question": "Who came?", "level": 3,}`;
  assert.deepEqual(read(mendable).value, value);
  assert.deepEqual(read(mendable, "length"), {
    problems: ["The answer was cut off at the limit of its length."],
    truncated: true,
  });
  assert.deepEqual(read(json, "length").value, value, "whole all the same");
});

test("an answer that stops at any character but the last is not accepted", () => {
  const long = JSON.stringify({
    question: 'Who "came" to {town}, and [why]?',
    level: 3,
    tags: ["a", "b,]", "c}"],
    hard: true,
  });
  assert.notEqual(read(long).value, undefined);
  for (let end = 0; end < long.length; end++)
    for (const wrap of [
      (text: string) => text,
      (text: string) => `\`\`\`json\n${text}`,
      (text: string) => `Well: ${text} …`,
    ])
      assert.equal(read(wrap(long.slice(0, end))).value, undefined, long.slice(0, end));
});

test("any value survives being fenced and talked around", () => {
  const anything = compileSchema({ type: ["object", "array"] }, { where: "a test" });
  fc.assert(
    fc.property(
      fc.oneof(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), fc.array(fc.jsonValue({ maxDepth: 2 }))),
      (given) => {
        const expected = JSON.parse(JSON.stringify(given).replaceAll("-0", "0")) as Json;
        const text = JSON.stringify(expected, null, 1);
        for (const wrapped of [text, `\`\`\`json\n${text}\n\`\`\``]) {
          const answer = readAnswer({ text: wrapped, finish: "stop" }, { check: anything });
          assert.deepEqual(answer.value, expected, wrapped);
        }
      },
    ),
    { numRuns: 200, seed: 7 },
  );
});

test("an answer of blank lines without end, or of one long text, is read in the time of its length", () => {
  const check = compileSchema({ type: "object" }, { where: "a test" });
  const blank = "\n".repeat(300_000);
  const answers = [
    `{${blank}x}`,
    `\`\`\`${blank}{`,
    `\`\`\`${blank}{ a`,
    `{"a": [${blank}...${blank}x]}`,
    `\`\`\`${"a".repeat(300_000)}`,
  ];
  const began = performance.now();
  for (const text of answers) readAnswer({ text, finish: "stop" }, { check });
  assert.ok(performance.now() - began < 5000, `${performance.now() - began} ms`);
  const long = { text: `{"a": "1e5 ${"x".repeat(14_000_000)}"}`, finish: "stop" } as const;
  assert.deepEqual(readAnswer(long, { check }).problems, undefined);
});
