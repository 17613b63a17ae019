import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../../src/llm/model.ts";
import { chiSquareQuantile, normalCdf } from "../../src/math/distributions.ts";
import { randomFromSeed } from "../../src/random.ts";
import { LOCALES } from "../../src/schema/identifiers.ts";
import type { SamplerParameters } from "../../src/text/recipe.ts";
import { PERSON_FIELDS } from "../../src/text/samplers/person.ts";
import { loadWordLists } from "../../src/text/samplers/person-words.ts";
import { type Sampler, samplerOf } from "../../src/text/samplers/sampler.ts";

// Every test below is false with probability 1e-6 where the sampler is right; seeds are fixed.

const DRAWS = 8_000;

function made<S extends keyof SamplerParameters>(name: S, parameters: SamplerParameters[S]): Sampler {
  const sampler = samplerOf(name, parameters);
  assert.ok(typeof sampler === "function", JSON.stringify(sampler));
  return sampler;
}

/** Each draw from a stream of its own row, as in a run. */
function draws(sampler: Sampler, n = DRAWS, cells: Readonly<Record<string, Json>> = {}): Json[] {
  const random = randomFromSeed(11);
  return Array.from({ length: n }, (_, i) => sampler(random.split(i).split("step"), { source: {}, cells }));
}

/** Pearson's statistic against the shares of the values; nothing else may be drawn, and values are merged until 20 are expected. */
function assertShares(values: readonly Json[], shares: ReadonlyMap<Json, number>): void {
  const counts = new Map<Json, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let statistic = 0;
  let bins = 0;
  let found = 0;
  let expected = 0;
  const add = (): void => {
    statistic += (found - expected) ** 2 / expected;
    bins++;
    found = 0;
    expected = 0;
  };
  for (const [value, share] of shares) {
    found += counts.get(value) ?? 0;
    expected += share * values.length;
    counts.delete(value);
    if (expected >= 20) add();
  }
  if (expected > 0.5) add();
  assert.deepEqual([...counts.keys()].slice(0, 3), [], "values that the law does not have");
  assert.ok(statistic < chiSquareQuantile(1 - 1e-6, bins - 1), `χ² ${statistic} of ${bins} bins`);
}

/** The statistic of Kolmogorov and Smirnov against a distribution function; 2.69 / √n is its 1 − 1e-6 quantile (2 e^(−2 · 2.69²)). */
function assertLaw(values: readonly Json[], cdf: (x: number) => number): void {
  const sorted = (values as number[]).toSorted((a, b) => a - b);
  const n = sorted.length;
  const distance = Math.max(...sorted.map((x, i) => Math.max(cdf(x) - i / n, (i + 1) / n - cdf(x))));
  assert.ok(distance < 2.7 / Math.sqrt(n), `distance ${distance}`);
}

const even = (values: readonly Json[]): Map<Json, number> => new Map(values.map((value) => [value, 1 / values.length]));

test("category draws its values evenly, or by weight, and never what has none", () => {
  assertShares(draws(made("category", { values: ["a", "b", "c", 4, null] })), even(["a", "b", "c", 4, null]));
  assertShares(
    draws(made("category", { values: { a: 1, none: 0, b: 2.5, c: 0.5 } })),
    new Map([
      ["a", 0.25],
      ["b", 0.625],
      ["c", 0.125],
    ]),
  );
});

test("subcategory draws of what belongs to the label, and has no value where nothing does", () => {
  const sampler = made("subcategory", {
    of: "kind",
    values: { cat: ["tabby", "siamese"], dog: { poodle: 3, pug: 1 } },
  });
  assertShares(draws(sampler, DRAWS, { kind: "cat" }), even(["tabby", "siamese"]));
  assertShares(
    draws(sampler, DRAWS, { kind: "dog" }),
    new Map([
      ["poodle", 0.75],
      ["pug", 0.25],
    ]),
  );
  assert.throws(() => draws(sampler, 1, { kind: "cta" }), { code: "no-value", message: /did you mean "cat"/ });
});

test("uniform and integer are even from bound to bound", () => {
  assertLaw(draws(made("uniform", { low: -2, high: 6 })), (x) => (x + 2) / 8);
  assertShares(
    draws(made("uniform", { low: 0, high: 1, decimals: 1 })),
    even([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
  );
  assertShares(
    draws(made("uniform", { low: 0.05, high: 0.25, decimals: 2 })),
    even(Array.from({ length: 21 }, (_, i) => (5 + i) / 100)),
  );
  assertShares(draws(made("integer", { low: -3, high: 3 })), even([-3, -2, -1, 0, 1, 2, 3]));
  const wide = 2 ** 52;
  assertLaw(draws(made("integer", { low: 0, high: wide })), (x) => x / wide);
  assert.ok(draws(made("integer", { low: 7, high: 7 }), 5).every((x) => x === 7));
});

test("gaussian follows its law, also between bounds and far out in a tail", () => {
  assertLaw(draws(made("gaussian", { mean: 10, stddev: 3 })), (x) => normalCdf((x - 10) / 3));
  const inside = (low: number, high: number) => (x: number) =>
    (normalCdf(x) - normalCdf(low)) / (normalCdf(high) - normalCdf(low));
  assertLaw(draws(made("gaussian", { mean: 0, stddev: 1, low: -0.5, high: 2 })), inside(-0.5, 2));
  // By symmetry: the upper tail has no digits left in 1 − Φ.
  const tail = draws(made("gaussian", { mean: 0, stddev: 1, low: 6 })).map((x) => -(x as number));
  assertLaw(tail, (x) => normalCdf(x) / normalCdf(-6));
  assert.ok(
    draws(made("gaussian", { mean: 5, stddev: 2, low: 0, high: 10, decimals: 1 }), 500).every(
      (x) =>
        (x as number) >= 0 &&
        (x as number) <= 10 &&
        Math.abs((x as number) * 10 - Math.round((x as number) * 10)) < 1e-9,
    ),
  );
});

/** P(k) by logarithms, term by term: another way than the sampler's. */
function poissonShares(rate: number, most: number): Map<Json, number> {
  let log = -rate;
  return new Map(
    Array.from({ length: most + 1 }, (_, k) => {
      if (k > 0) log += Math.log(rate / k);
      return [k, Math.exp(log)];
    }),
  );
}

function binomialShares(trials: number, chance: number): Map<Json, number> {
  let log = trials * Math.log1p(-chance);
  return new Map(
    Array.from({ length: trials + 1 }, (_, k) => {
      if (k > 0) log += Math.log(((trials - k + 1) / k) * (chance / (1 - chance)));
      return [k, Math.exp(log)];
    }),
  );
}

test("poisson and binomial follow their laws, small and large", () => {
  for (const rate of [0.3, 4, 60, 1234.5])
    assertShares(draws(made("poisson", { rate })), poissonShares(rate, Math.ceil(rate + 12 * Math.sqrt(rate) + 12)));
  for (const [trials, chance] of [
    [1, 0.3],
    [10, 0.5],
    [40, 0.95],
    [700, 0.002],
    [5000, 0.6],
  ] as const)
    assertShares(draws(made("binomial", { trials, chance })), binomialShares(trials, chance));
  // Of 10^8 the law is normal as far as so many draws can tell.
  assertLaw(draws(made("poisson", { rate: 1e8 })), (x) => normalCdf((x + 0.5 - 1e8) / 1e4));
  assert.ok(draws(made("poisson", { rate: 0 }), 20).every((x) => x === 0));
  assert.ok(draws(made("binomial", { trials: 9, chance: 1 }), 20).every((x) => x === 9));
  assert.ok(draws(made("binomial", { trials: 9, chance: 0 }), 20).every((x) => x === 0));
});

test("bernoulli is true as often as it says", () => {
  assertShares(
    draws(made("bernoulli", { chance: 0.2 })),
    new Map([
      [true, 0.2],
      [false, 0.8],
    ]),
  );
  assert.ok(draws(made("bernoulli", { chance: 1 }), 100).every((x) => x === true));
  assert.ok(draws(made("bernoulli", { chance: 0 }), 100).every((x) => x === false));
});

test("date draws each day, or second, from bound to bound", () => {
  assertShares(
    draws(made("date", { low: "2024-02-27", high: "2024-03-02" })),
    even(["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02"]),
  );
  assertShares(
    draws(made("date", { low: "1999-12-31T23:59:59Z", high: "2000-01-01T00:00:01Z" })),
    even(["1999-12-31T23:59:59Z", "2000-01-01T00:00:00Z", "2000-01-01T00:00:01Z"]),
  );
});

test("uuid has the form of version 4, and random bits everywhere else", () => {
  const all = draws(made("uuid", {}), 5000) as string[];
  for (const id of all) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(all).size, all.length);
  const digits = [..."0123456789abcdef"];
  for (let at = 0; at < 36; at++)
    if (![8, 13, 14, 18, 19, 23].includes(at))
      assertShares(
        all.map((id) => id[at] as string),
        even(digits),
      );
  assertShares(
    all.map((id) => id[19] as string),
    even([..."89ab"]),
  );
});

test("a person of any locale has every part, an address that nobody owns, and an age within bounds", async () => {
  for (const locale of LOCALES) {
    const words = new Map([[locale, await loadWordLists(locale)]]);
    const sampler = samplerOf("person", { locale, age: [20, 22] }, words) as Sampler;
    const people = draws(sampler, 60) as Record<string, Json>[];
    for (const person of people) {
      assert.deepEqual(Object.keys(person), PERSON_FIELDS);
      for (const part of ["name", "firstName", "lastName", "city"])
        assert.ok((person[part] as string).length > 0, `${locale} ${part}`);
      assert.match(person.email as string, /^[a-z0-9.]+@example\.com$/, locale);
      assert.ok([20, 21, 22].includes(person.age as number));
      assert.ok(words.get(locale)?.firstNames[person.sex as "female" | "male"].includes(person.firstName as string));
    }
    assert.ok(new Set(people.map(({ name }) => name)).size > 30, locale);
  }
});

test("the same stream gives the same cell, whatever was drawn from others before", () => {
  const sampler = made("gaussian", { mean: 0, stddev: 1 });
  const all = draws(sampler, 50);
  const last = sampler(randomFromSeed(11).split(49).split("step"), { source: {}, cells: {} });
  assert.equal(last, all[49]);
});

test("parameters that make no sense are told with the key that is wrong", () => {
  const wrong: readonly (readonly [keyof SamplerParameters, unknown, string, RegExp])[] = [
    ["category", { values: [] }, "values", /no values/],
    ["category", { values: { a: -1 } }, "values", /weight -1/],
    ["category", { values: { a: 0 } }, "values", /weight above 0/],
    ["subcategory", { of: "a", values: { x: [] } }, "values", /"x" has no values/],
    ["uniform", { low: 2, high: 1 }, "low", /low ≤ high/],
    ["uniform", { low: 0.11, high: 0.14, decimals: 1 }, "decimals", /no number of 1 decimals/],
    ["integer", { low: 2, high: 1 }, "low", /low ≤ high/],
    ["gaussian", { mean: 0, stddev: 0 }, "stddev", /above 0/],
    ["gaussian", { mean: 0, stddev: 1, low: 90 }, "low", /too far/],
    ["poisson", { rate: -1 }, "rate", /0 to/],
    ["binomial", { trials: 3, chance: 1.1 }, "chance", /0 to 1/],
    ["binomial", { trials: -3, chance: 0.1 }, "trials", /0 to/],
    ["bernoulli", { chance: 2 }, "chance", /0 to 1/],
    ["date", { low: "2023-02-29", high: "2024-01-01" }, "low", /no such day/],
    ["date", { low: "2024-01-02", high: "2024-01-01" }, "low", /low ≤ high/],
    ["date", { low: "2024-01-02", high: "tomorrow" }, "high", /such as/],
    ["person", { locale: "dee" }, "locale", /did you mean "de"/],
    ["person", { age: [50, 20] }, "age", /50 to 20/],
  ];
  for (const [name, parameters, key, text] of wrong) {
    const result = samplerOf(name, parameters as never);
    assert.ok(typeof result !== "function", name);
    assert.equal(result.key, key, name);
    assert.match(result.wrong, text);
  }
});
