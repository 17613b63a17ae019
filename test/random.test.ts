import assert from "node:assert/strict";
import { test } from "node:test";
import { randomFrom, randomFromSeed, type SecureSource, secureSource } from "../src/random.ts";

const root = randomFromSeed(20_261_122);

test("a stream is a pure function of seed and labels, whatever was drawn before", () => {
  const a = randomFromSeed(7);
  const b = randomFromSeed(7);
  for (let i = 0; i < 100; i++) b.uint32();
  assert.equal(a.split("x").split(3).uint32(), b.split("x").split(3).uint32());
  assert.notEqual(a.split("x").uint32(), a.split("y").uint32());
  assert.notEqual(randomFromSeed(7).uint32(), randomFromSeed(8).uint32());
  assert.notEqual(randomFromSeed(1).uint32(), randomFromSeed(1 + 2 ** 32).uint32());
});

test("a key rebuilds its stream elsewhere", () => {
  const stream = root.split("shard").split(4);
  const again = randomFrom(structuredClone(stream.key));
  for (let i = 0; i < 50; i++) assert.equal(again.uint32(), stream.uint32());
});

test("integers are uniform (χ², 9 degrees of freedom; false alarm 1e-6)", () => {
  const random = root.split("integers");
  const counts = new Array(10).fill(0);
  for (let i = 0; i < 100_000; i++) counts[random.integer(10)]++;
  const chi2 = counts.reduce((sum: number, count: number) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chi2 < 45.1, `χ² = ${chi2}`);
});

test("sibling streams are uncorrelated (|r| < 5/√n)", () => {
  const n = 50_000;
  const a = root.split("left");
  const b = root.split("right");
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5);
  assert.ok(Math.abs((12 * sum) / n) < 5 / Math.sqrt(n));
});

test("normal has mean 0, variance 1 and the right tails (5 standard errors)", () => {
  const random = root.split("normal");
  const n = 200_000;
  let sum = 0;
  let squares = 0;
  let beyond = 0;
  for (let i = 0; i < n; i++) {
    const x = random.normal();
    sum += x;
    squares += x * x;
    if (Math.abs(x) > 1.959964) beyond++;
  }
  assert.ok(Math.abs(sum / n) < 5 / Math.sqrt(n));
  assert.ok(Math.abs(squares / n - 1) < (5 * Math.SQRT2) / Math.sqrt(n));
  assert.ok(Math.abs(beyond / n - 0.05) < 5 * Math.sqrt((0.05 * 0.95) / n));
});

test("shuffle is a permutation and every position is as likely (χ², 15 degrees of freedom; false alarm 1e-6)", () => {
  const random = root.split("shuffle");
  const counts = new Array(16).fill(0);
  for (let i = 0; i < 20_000; i++) {
    const order = random.shuffle(Uint32Array.from([0, 1, 2, 3]));
    assert.deepEqual([...order].sort(), [0, 1, 2, 3]);
    order.forEach((item, at) => {
      counts[item * 4 + at]++;
    });
  }
  const chi2 = counts.reduce((sum: number, count: number) => sum + (count - 5000) ** 2 / 5000, 0);
  assert.ok(chi2 < 57, `χ² = ${chi2}`);
});

test("sample gives distinct ascending indices, and all of them when asked for all", () => {
  const random = root.split("sample");
  const chosen = random.sample(1000, 100);
  assert.equal(chosen.length, 100);
  assert.equal(new Set(chosen).size, 100);
  assert.deepEqual(
    [...chosen],
    [...chosen].sort((a, b) => a - b),
  );
  assert.deepEqual([...random.sample(5, 9)], [0, 1, 2, 3, 4]);
});

test("secure words are uniform in every byte (χ², 1023 degrees of freedom; false alarm 1e-6), and two sources differ", () => {
  const source = secureSource();
  const counts = new Float64Array(1024);
  const n = 200_000;
  for (let i = 0; i < n; i++) {
    const word = source.uint32();
    for (let byte = 0; byte < 4; byte++) {
      const at = byte * 256 + ((word >>> (8 * byte)) & 255);
      counts[at] = (counts[at] as number) + 1;
    }
  }
  const chi2 = counts.reduce((sum, count) => sum + (count - n / 256) ** 2 / (n / 256), 0);
  assert.ok(chi2 < 1255, `χ² = ${chi2}`);
  const [a, b] = [secureSource(), secureSource()];
  assert.notDeepEqual(
    Array.from({ length: 4 }, () => a.uint32()),
    Array.from({ length: 4 }, () => b.uint32()),
  );
});

test("no secure word comes twice, across refills: 100,000 words hold as many repeats as chance has", () => {
  const source = secureSource();
  const seen = new Set<number>();
  const n = 100_000;
  for (let i = 0; i < n; i++) seen.add(source.uint32());
  // Repeats by chance: Poisson with mean n² / 2^33 = 1.16; 16 or more in one of 10^11 runs.
  assert.ok(n - seen.size < 16, `${n - seen.size} repeats`);
});

test("a seeded stream does not pass as a secure source", () => {
  const take = (source: SecureSource): number => source.uint32();
  // @ts-expect-error A Random lacks the mark of a secure source.
  assert.equal(typeof take(root), "number");
});
