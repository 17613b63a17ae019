import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { Json, JsonSchema } from "../../../src/llm/model.ts";
import { structuredOutput } from "../../../src/llm/structured/ask-structured.ts";
import { fitSchema } from "../../../src/llm/structured/fit-schema.ts";
import { FORMATS } from "../../../src/llm/structured/formats.ts";
import { patternRisk } from "../../../src/llm/structured/pattern-risk.ts";
import { compileSchema } from "../../../src/llm/structured/schema-check.ts";

const compile = (schema: JsonSchema) => compileSchema(schema, { where: 'step "a"' });
const errorOf = (work: () => unknown): { code?: string; message: string } => {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
};

test("a schema that cannot be checked safely is refused by name", () => {
  let deep: JsonSchema = { type: "string" };
  for (let i = 0; i < 100; i++) deep = { type: "array", items: deep };
  const cases: readonly (readonly [JsonSchema, string, RegExp])[] = [
    [{ $ref: "https://example.com/schema.json" }, "bad-schema", /step "a" refers to "https:/],
    [{ type: "object", properties: { a: { $ref: "other.json#/a" } } }, "bad-schema", /other\.json/],
    [deep, "bad-schema", /deeper than 64/],
    [{ type: "string", enum: Array.from({ length: 30_000 }, (_, i) => `value ${i}`) }, "bad-schema", /characters/],
    [{ type: "strin" }, "bad-schema", /no JSON Schema/],
    [{ type: "string", pattern: "^(a+)+$" }, "risky-pattern", /varying length is repeated/],
    [{ type: "string", pattern: "(" }, "bad-schema", /no JSON Schema/],
    [[] as unknown as JsonSchema, "bad-schema", /no object/],
  ];
  for (const [schema, code, message] of cases) {
    const error = errorOf(() => compile(schema));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
  }
});

test("references into itself, drafts 7 and 2020-12, and formats hold", () => {
  const tree = compile({
    $schema: "http://json-schema.org/draft-07/schema#",
    definitions: {
      node: { type: "object", properties: { next: { $ref: "#/definitions/node" } }, additionalProperties: false },
    },
    $ref: "#/definitions/node",
  });
  assert.deepEqual(tree({ next: { next: {} } }), []);
  assert.equal(tree({ next: { other: 1 } }).length, 1);
  const pair = compile({
    type: "array",
    prefixItems: [{ type: "string", format: "date" }, { type: "integer" }],
    items: false,
  });
  assert.deepEqual(pair(["2026-02-28", 1]), []);
  assert.notDeepEqual(pair(["2026-02-30", 1]), []);
  assert.notDeepEqual(pair(["2026-02-28", 1e300]), [], "no integer that a double holds exactly");
  assert.deepEqual(compile({ type: "string", format: "made-up" })("x"), []);
});

test("formats tell good from bad", () => {
  const cases: Readonly<Record<string, readonly (readonly [string, boolean])[]>> = {
    date: [
      ["2024-02-29", true],
      ["2023-02-29", false],
      ["2024-13-01", false],
      ["24-01-01", false],
    ],
    time: [
      ["23:59:60Z", true],
      ["24:00:00Z", false],
      ["10:00:00+01:00", true],
    ],
    "date-time": [
      ["2024-02-29T10:00:00Z", true],
      ["2024-02-29", false],
    ],
    email: [
      ["a@b.example", true],
      ["a b@c.d", false],
      ["a@b", false],
    ],
    uuid: [
      ["00000000-0000-4000-8000-000000000000", true],
      ["0000", false],
    ],
    ipv4: [
      ["127.0.0.1", true],
      ["256.0.0.1", false],
    ],
    hostname: [
      ["a-b.example", true],
      ["-a.example", false],
    ],
    uri: [
      ["https://example.com/a", true],
      ["example.com", false],
    ],
  };
  for (const [format, texts] of Object.entries(cases))
    for (const [text, good] of texts) assert.equal(FORMATS[format]?.(text), good, `${format} ${text}`);
});

test("patterns of exponential time are refused, plain ones are not", () => {
  const risky =
    "(a+)+ (a*)*b (\\d+)*x ((ab)+)+ (a|ab)*c (.|a)+ (a{1,}){2,} (x+x+)+y (\\w+\\s?)*$ (a)\\1 ([a-z]+)* (a?){30}a{30} (a?b?)*c ([a-f]|[e-z])+ (-?\\d+)+ ( [a-z ]+)* (\\w|\\d)+ ((a|aa)b?)* ((a|aa))+";
  for (const pattern of risky.split(/ (?=\(|$)/)) assert.ok(patternRisk(pattern), pattern);
  const plain = [
    "^[A-Z]{2}\\d{4}$",
    "^(yes|no)$",
    "^(a|b|c)+$",
    "\\d+\\.\\d+",
    "^[^@]+@[^@]+$",
    "(?:ab)+",
    "^(\\d{3}-){2}\\d{4}$",
    "[(+*]+",
    "\\(\\+\\)*",
    "^[A-Z][a-z]+( [A-Z][a-z]+)*$",
    "^(\\w+,)*\\w+$",
    "^\\d{1,3}(\\.\\d{1,3}){3}$",
    "^([a-z]|[0-9])+$",
    "^(ab|cd)*$",
    "^\\p{Lu}\\p{L}*(-\\p{L}+)*$",
  ];
  for (const pattern of plain) assert.equal(patternRisk(pattern), undefined, pattern);
});

test("a pattern that is let through takes no exponential time", () => {
  const texts = [`${"a".repeat(3000)}!`, `A${"a b".repeat(1000)}!`, `${"Ab Ac ".repeat(500)}!`, "a,".repeat(1500)];
  for (const plain of ["^(a|b|c)+$", "^a+a+$", "^[a-z]+[a-m]+\\d$", "^[A-Z][a-z]+( [A-Z][a-z]+)*$", "^(\\w+,)*\\d$"]) {
    assert.equal(patternRisk(plain), undefined);
    const before = process.cpuUsage();
    for (const text of texts) new RegExp(plain, "u").test(text);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 1e6, plain);
  }
});

const ORDER: JsonSchema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 2, pattern: "^[A-Z]" },
    size: { type: "integer", minimum: 1, maximum: 3 },
    note: { type: "string" },
    kind: { enum: ["a", "b"] },
    parts: {
      type: "array",
      minItems: 1,
      items: { type: "object", properties: { x: { type: "number" } }, required: ["x"] },
    },
  },
  required: ["name", "parts"],
};

test("a strict schema is closed, requires everything, and lets null stand for absent", () => {
  const fitted = fitSchema(ORDER, { provider: "openai", mode: "json-schema" });
  assert.deepEqual(fitted, {
    strict: true,
    schema: {
      type: "object",
      properties: {
        name: { type: "string", pattern: "^[A-Z]" },
        size: { type: ["integer", "null"], minimum: 1, maximum: 3 },
        note: { type: ["string", "null"] },
        kind: { anyOf: [{ enum: ["a", "b"] }, { type: "null" }] },
        parts: {
          type: "array",
          minItems: 1,
          items: {
            type: "object",
            properties: { x: { type: "number" } },
            required: ["x"],
            additionalProperties: false,
          },
        },
      },
      required: ["name", "size", "note", "kind", "parts"],
      additionalProperties: false,
    },
  });
  const anthropic = JSON.stringify(fitSchema(ORDER, { provider: "anthropic", mode: "tool" }));
  for (const keyword of ["minimum", "pattern", "minItems", "minLength"])
    assert.doesNotMatch(anthropic, new RegExp(keyword));
});

test("what fits the strict form fits the schema as given, once null is read as absent", () => {
  const { check } = structuredOutput(ORDER, { name: "order", provider: "openai", where: "a test" });
  assert.deepEqual(check({ name: "Xy", parts: [{ x: 1 }] }), []);
});

test("a schema that strict modes cannot say is asked for without them", () => {
  const loose: readonly JsonSchema[] = [
    { type: "object", additionalProperties: { type: "number" } },
    { type: "object", properties: { a: { type: "object" } } },
    { type: "object", properties: { a: { allOf: [{ type: "string" }] } } },
    { type: "array", items: { type: "string" } },
    { type: "object", properties: { a: {} } },
  ];
  for (const schema of loose)
    assert.deepEqual(fitSchema(schema, { provider: "openai", mode: "json-schema" }), { schema, strict: false });
});

test("the embedded model's grammar lists few whole numbers and leaves out what it cannot say", () => {
  assert.deepEqual(fitSchema(ORDER, { provider: "local", mode: "grammar" })?.schema.properties, {
    name: { type: "string", minLength: 2 },
    size: { enum: [1, 2, 3] },
    note: { type: "string" },
    kind: { enum: ["a", "b"] },
    parts: { type: "array", items: { type: "object", properties: { x: { type: "number" } } }, minItems: 1 },
  });
  const negative: JsonSchema = { type: "object", properties: { a: { not: { const: 1 } } } };
  assert.equal(fitSchema(negative, { provider: "local", mode: "grammar" }), undefined);
  assert.deepEqual(fitSchema(negative, { provider: "local", mode: "prompt" }), { schema: negative, strict: false });
});

test("a zod schema is taken, with its refinements", () => {
  const schema = z
    .object({ low: z.int(), high: z.int(), unit: z.enum(["m", "km"]).optional() })
    .refine((it) => it.low < it.high, { message: "low must be below high" });
  const { check, on } = structuredOutput(schema, { name: "range", provider: "openai", where: "a test" });
  assert.deepEqual(check({ low: 1, high: 2 }), []);
  assert.match(check({ low: 2, high: 1 })[0]?.message ?? "", /low must be below high/);
  assert.match(check({ low: 1.5, high: 2 } as Json)[0]?.message ?? "", /low must be integer/);
  assert.equal(on("json-schema")?.strict, true);
  const date = errorOf(() =>
    structuredOutput(z.object({ at: z.date() }), { name: "x", provider: "openai", where: 'step "x"' }),
  );
  assert.equal(date.code, "bad-schema");
});

test("a slip in a keyword is named; names of properties and keywords of one's own are let be", () => {
  const slip = errorOf(() => compile({ type: "object", properties: { a: { type: "string", minLenght: 5 } } }));
  assert.equal(slip.code, "bad-schema");
  assert.match(slip.message, /"minLenght"; did you mean "minLength"\?/);
  compile({ type: "object", properties: { minLenght: { type: "string" } }, "x-minLenght": 5, unit: "km" });
  compile({ enum: [{ requird: 1 }], default: { propertes: 1 } });
});
