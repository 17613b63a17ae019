import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallRecord } from "../../src/llm/call.ts";
import { callCounts } from "../../src/text/count-calls.ts";

const record = (change: Partial<CallRecord> = {}): CallRecord => ({
  key: "k",
  model: "small",
  column: "answer",
  usage: { promptTokens: 100, completionTokens: 20 },
  price: 0.25,
  replayed: false,
  milliseconds: 5,
  ...change,
});

test("calls are counted by column and model, replayed ones paid for before, and marks by what they say", () => {
  const counts = callCounts();
  counts.add([
    { step: "answer", record: record(), mark: { rung: "json-schema" } },
    { step: "answer", record: record({ replayed: true }), mark: { rung: "json", repaired: "fence" } },
  ]);
  counts.add([{ step: "answer", record: record({ usage: null }), mark: { rung: "json", unusable: "no JSON" } }]);
  counts.add([{ step: "judge", record: record({ column: "judge", model: "large", price: 2 }) }]);
  assert.deepEqual(counts.spending(), [
    {
      column: "judge",
      model: "large",
      calls: 1,
      replayed: 0,
      promptTokens: 100,
      completionTokens: 20,
      uncounted: 0,
      price: 2,
      paidNow: 2,
      rungs: {},
      repaired: 0,
      unusable: 0,
    },
    {
      column: "answer",
      model: "small",
      calls: 3,
      replayed: 1,
      promptTokens: 200,
      completionTokens: 40,
      uncounted: 1,
      price: 0.75,
      paidNow: 0.5,
      rungs: { "json-schema": 1, json: 2 },
      repaired: 1,
      unusable: 1,
    },
  ]);
});

test("one price that is not known makes the sum unknown; one that was paid before leaves what is paid now", () => {
  const counts = callCounts();
  counts.add([
    { step: "answer", record: record({ price: null, replayed: true }) },
    { step: "answer", record: record() },
    { step: "judge", record: record({ column: "judge" }) },
  ]);
  assert.deepEqual(
    counts.spending().map(({ column, price, paidNow }) => [column, price, paidNow]),
    [
      ["judge", 0.25, 0.25],
      ["answer", null, 0.25],
    ],
  );
});
