import assert from "node:assert/strict";
import { test } from "node:test";
import { LIST_PRICES } from "../../src/llm/prices/list-prices.ts";
import { mostPriceOf, priceOf } from "../../src/llm/prices/model-price.ts";
import { findPrice, parsePriceList } from "../../src/llm/prices/price-list.ts";

const openai = { provider: "openai", endpoint: "https://api.openai.com/v1" };

test("our own list is a price file, and names each model once", () => {
  assert.deepEqual(parsePriceList(JSON.stringify(LIST_PRICES), { path: "list-prices.ts" }), LIST_PRICES);
  const names = LIST_PRICES.models.map(({ provider, model }) => `${provider} ${model}`);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length > 50);
});

test("a model is priced by its whole name or, where the list says so, its dated one; never by a beginning", () => {
  const find = (model: string) => findPrice([LIST_PRICES], { ...openai, model });
  assert.equal(find("gpt-4o")?.input, 2.5);
  assert.deepEqual(find("gpt-4o-2024-08-06"), find("gpt-4o"));
  assert.equal(find("gpt-4o-2024-05-13")?.input, 5, "the longest name counts");
  assert.equal(find("gpt-4o-mini")?.input, 0.15);
  assert.equal(find("gpt-4o-audio-preview"), null);
  assert.equal(find("no-such-model"), null);
});

test("a list price holds at the provider's own address only; what is here costs nothing", () => {
  const at = (endpoint: string) => findPrice([LIST_PRICES], { provider: "openai", endpoint, model: "gpt-4o" });
  assert.ok(at("https://api.openai.com"));
  assert.equal(at("https://api.openai.com.example/v1"), null);
  assert.equal(at("http://127.0.0.1:8000/v1"), null);
  for (const provider of ["local", "replay"]) {
    const price = findPrice([], { provider, endpoint: provider, model: "any" });
    assert.equal(priceOf({ promptTokens: 1000, completionTokens: 1000 }, price), 0);
  }
});

test("the user's file comes before ours, may be YAML, and may leave the address out", () => {
  const mine = parsePriceList(
    `format: counterfoil-prices/1
date: 2026-12-01
source: our contract
models:
  - { provider: openai, model: gpt-4o, input: 1, output: 2 }
  - { provider: openai, model: house-model, dated: true, input: 0.1, output: 0.2, batchFactor: 0.25 }
`,
    { path: "prices.yaml" },
  );
  const lists = [mine, LIST_PRICES];
  assert.deepEqual(findPrice(lists, { ...openai, model: "gpt-4o" }), { input: 1, output: 2 });
  assert.equal(findPrice(lists, { ...openai, model: "gpt-4o-mini" })?.input, 0.15);
  const house = { provider: "openai", endpoint: "http://10.0.0.1/v1", model: "house-model-20261001" };
  assert.deepEqual(findPrice(lists, { ...house, batch: true }), { input: 0.025, output: 0.05 });
  assert.equal(findPrice(lists, { ...openai, model: "gpt-4o", batch: true }), null, "no price of a batch is guessed");
});

test("a file that is none says each fault and where", () => {
  const text =
    '{"format":"counterfoil-prices/1","date":"yesterday","source":"x","models":[{"provider":"openai","model":"m","input":-1}]}';
  assert.throws(
    () => parsePriceList(text, { path: "p.json" }),
    (error: Error) => {
      for (const part of ["p.json", "date", "models.0.input", "models.0.output"])
        assert.ok(error.message.includes(part), part);
      return true;
    },
  );
  assert.throws(() => parsePriceList("a: [", { path: "p.yaml" }), { code: "bad-price-file" });
});

test("the price of a request: cached tokens, long prompts, and what is not known", () => {
  const price = {
    input: 2,
    output: 10,
    cachedInput: 0.5,
    above: { promptTokens: 100, input: 4, output: 15, cachedInput: 1 },
  };
  const usage = { promptTokens: 100, completionTokens: 10, cachedTokens: 40 };
  assert.equal(priceOf(usage, price), (60 * 2 + 40 * 0.5 + 10 * 10) / 1e6);
  assert.equal(priceOf({ ...usage, promptTokens: 101 }, price), (61 * 4 + 40 * 1 + 10 * 15) / 1e6);
  assert.equal(priceOf({ promptTokens: 10, completionTokens: 0, cachedTokens: 5 }, { input: 2, output: 1 }), 20 / 1e6);
  assert.equal(priceOf(null, price), null);
  assert.equal(priceOf(usage, null), null);
  assert.equal(mostPriceOf({ promptTokens: 100, completionTokens: 10 }, price), (100 * 4 + 10 * 15) / 1e6);
});
