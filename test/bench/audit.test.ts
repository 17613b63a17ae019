import assert from "node:assert/strict";
import { test } from "node:test";
import { audit } from "../../bench/private/audit.ts";
import { guessCounts, guessMembers } from "../../bench/private/audit-guesses.ts";
import { randomFromSeed, type SecureSource } from "../../src/random.ts";

const seeded = (seed: number): SecureSource => ({ secure: true, uint32: randomFromSeed(seed).uint32 });

test("noisy counts pass the audit at epsilon 1, 8 and 16, and the bound is no empty one", async () => {
  for (const [epsilon, least] of [
    [1, 0.2],
    [8, 4],
    [16, 8],
  ] as const) {
    const result = await audit({
      path: "gaussian",
      epsilon,
      delta: 1e-9,
      random: randomFromSeed(80),
      source: seeded(81),
    });
    assert.equal(result.refuted, false);
    assert.equal(result.undercharged, false);
    assert.ok(result.exact < epsilon && result.exact > 0.9 * epsilon, `exact ${result.exact}`);
    assert.ok(result.gaussianBound > least && result.gaussianBound < result.exact, `bound ${result.gaussianBound}`);
    assert.ok(result.bound > 0.2 * least && result.bound < result.gaussianBound);
  }
});

test("a canary that is counted more often than it is charged is caught", async () => {
  for (const [epsilon, weight] of [
    [1, 4],
    [8, 2],
    [16, 2],
  ] as const) {
    const result = await audit({
      path: "gaussian",
      epsilon,
      delta: 1e-9,
      weight,
      random: randomFromSeed(82),
      source: seeded(83),
    });
    assert.equal(result.undercharged, true);
    assert.equal(result.refuted, true, `weight ${weight} at epsilon ${epsilon}: ${result.gaussianBound}`);
  }
});

for (const path of ["aim", "mst"] as const)
  test(`${path}: its answers about a pair pass the audit at epsilon 1, 8 and 16; canaries counted four times do not`, async () => {
    for (const epsilon of [1, 8, 16]) {
      const run = (weight: number, level: number): ReturnType<typeof audit> =>
        audit({
          path,
          level,
          epsilon,
          delta: 1e-9,
          weight,
          random: randomFromSeed(84),
          source: seeded(85 + epsilon),
        });
      const sound = await run(1, 1e-4);
      assert.equal(sound.undercharged, false);
      assert.equal(sound.refuted, false);
      assert.ok(sound.answers > 0 && sound.exact < epsilon && sound.exact > epsilon / 2, `exact ${sound.exact}`);
      assert.ok(sound.gaussianBound > 0, `bound ${sound.gaussianBound} of ${sound.exact}`);
      const faulty = await run(4, 0.05);
      assert.equal(faulty.undercharged, true);
      // mst spends a third on pairs: four times that is still less than all at epsilon 16.
      if (path === "aim" || epsilon < 16) assert.equal(faulty.refuted, true, `bound ${faulty.gaussianBound}`);
    }
  });

test("guesses go to the most telling canaries, half of them to each side", () => {
  const sightings = [{ excess: Float64Array.from([3, 0.4, -2, 0.6, 1.2, -0.1]), sigma: 1 }];
  const members = Uint8Array.from([1, 1, 0, 0, 0, 1]);
  assert.deepEqual(guessMembers(sightings, { members, guesses: 2 }), { canaries: 6, guesses: 2, correct: 2 });
  assert.deepEqual(guessMembers(sightings, { members, guesses: 4 }), { canaries: 6, guesses: 4, correct: 2 });
});

test("the numbers of guesses grow with the leak that is looked for, and more canaries mean a smaller share", () => {
  const shares = (canaries: number): number[] =>
    guessCounts(canaries, { mu: 1.2, level: 0.05 }).map((count) => count / canaries);
  const [few, many] = [shares(5000), shares(100_000)] as const;
  assert.deepEqual(
    few,
    few.toSorted((a, b) => a - b),
  );
  assert.ok((many[0] as number) < (few[0] as number), `${few}, ${many}`);
});

test("too few canaries are refused", async () => {
  await assert.rejects(
    audit({ path: "gaussian", epsilon: 1, delta: 1e-9, canaries: 100, random: randomFromSeed(1), source: seeded(1) }),
    { code: "too-few-canaries" },
  );
});
