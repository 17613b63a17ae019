import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { callKeys } from "../../../src/llm/journal/call-key.ts";
import type { ChatRequest, ModelRequest } from "../../../src/llm/model.ts";

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const model = fc.record({ provider: text, endpoint: text, name: text });
const parameters = fc.record(
  {
    temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
    maxTokens: fc.nat(),
    stop: fc.array(text, { maxLength: 2 }),
    extra: fc.dictionary(text, fc.jsonValue() as fc.Arbitrary<never>, { maxKeys: 3, noNullPrototype: true }),
  },
  { noNullPrototype: true, requiredKeys: [] },
);
const chat: fc.Arbitrary<ModelRequest> = fc
  .record({
    messages: fc.array(fc.record({ role: fc.constantFrom("system" as const, "user" as const), content: text }), {
      maxLength: 3,
    }),
    parameters,
    output: fc.option(
      fc.record({ name: text, schema: fc.constant({ type: "object" }), mode: fc.constantFrom("json" as const) }),
    ),
  })
  .map(({ output, ...rest }) => ({ kind: "chat", ...rest, ...(output && { output }) }));
const embedding: fc.Arbitrary<ModelRequest> = fc
  .record({ input: text, dimensions: fc.option(fc.nat()) })
  .map(({ input, dimensions }) => ({ kind: "embedding", input, ...(dimensions !== null && { dimensions }) }));

test("a key is the first half of SHA-256 over canonical JSON of everything that the answer depends on", () => {
  fc.assert(
    fc.property(model, fc.oneof(chat, embedding), fc.nat(), fc.nat(), (one, request, sample, recipeVersion) => {
      const { kind: _, ...asked } = request;
      const { name, ...where } = one;
      const whole = canonicalize({ ...where, model: name, ...asked, sample, recipeVersion }) as string;
      const key = createHash("sha256").update(whole).digest("hex").slice(0, 32);
      assert.equal(callKeys(one, { recipeVersion })(request, sample), key);
    }),
  );
});

test("another model, message, parameter, schema, mode, sample or version has another key; who asks does not matter", () => {
  const one = { provider: "openai", endpoint: "https://example.com/v1", name: "m" };
  const request: ChatRequest = {
    kind: "chat",
    messages: [{ role: "user", content: "Why?" }],
    parameters: { temperature: 1 },
    output: { name: "answer", schema: { type: "object" }, mode: "json-schema" },
  };
  const output = request.output as NonNullable<ChatRequest["output"]>;
  const keys = [
    callKeys(one, { recipeVersion: 1 })(request, 0),
    callKeys(one, { recipeVersion: 2 })(request, 0),
    callKeys({ ...one, name: "n" }, { recipeVersion: 1 })(request, 0),
    callKeys({ ...one, endpoint: "https://example.org/v1" }, { recipeVersion: 1 })(request, 0),
    ...[
      { ...request, messages: [{ role: "system" as const, content: "Why?" }] },
      { ...request, messages: [] },
      { ...request, parameters: { temperature: 0.5 } },
      { ...request, output: { ...output, mode: "tool" as const } },
      { ...request, output: { ...output, schema: { type: "array" } } },
    ].map((other) => callKeys(one, { recipeVersion: 1 })(other, 0)),
    callKeys(one, { recipeVersion: 1 })(request, 1),
  ];
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(callKeys({ ...one }, { recipeVersion: 1 })(structuredClone(request), 0), keys[0]);
});

test("a lone surrogate in a message has a key", () => {
  const keyOf = callKeys({ provider: "p", endpoint: "e", name: "m" }, { recipeVersion: 1 });
  const request = (content: string): ChatRequest => ({
    kind: "chat",
    messages: [{ role: "user", content }],
    parameters: {},
  });
  assert.match(keyOf(request("\ud800"), 0), /^[0-9a-f]{32}$/);
  assert.notEqual(keyOf(request("\ud800"), 0), keyOf(request("\ufffd"), 0));
});
