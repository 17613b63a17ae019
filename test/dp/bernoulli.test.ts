import assert from "node:assert/strict";
import { test } from "node:test";
import { bernoulliExponential } from "../../src/dp/bernoulli.ts";
import { rationalOf } from "../../src/dp/rational.ts";
import { uniformInteger } from "../../src/dp/uniform-integer.ts";
import { leadingWords, scriptedSource, seededSource } from "./laws.ts";

const exponents = [2 ** -40, 0.01, 0.3, 1, Math.PI, 20];

const bitsOf = (x: number, count: number): number[] => leadingWords(rationalOf(x), count);

test("U that leaves e^−x at the last of 96 bits is decided right, by exact arithmetic; one that leaves it early needs one word", () => {
  for (const x of exponents) {
    const same = bitsOf(x, 3);
    const [first, second, third] = same as [number, number, number];
    const decide = (words: readonly number[]): { kept: boolean; used: number } => {
      const source = scriptedSource(words);
      const kept = bernoulliExponential(source, x, () => rationalOf(x));
      return { kept, used: source.used() };
    };
    assert.ok(third > 0 && third < 2 ** 32 - 1);
    assert.deepEqual(decide([first, second, third - 1]), { kept: true, used: 3 }, `below, x = ${x}`);
    assert.deepEqual(decide([first, second, third + 1]), { kept: false, used: 3 }, `above, x = ${x}`);
    if (first > 0) assert.deepEqual(decide([first - 1]), { kept: true, used: 1 });
    if (first < 2 ** 32 - 1) assert.deepEqual(decide([first + 2]), { kept: false, used: 1 });
    assert.throws(() => decide(same), /script is over/, "equal so far: more bits are drawn");
  }
});

test("a double that is off in its last bits changes no decision", () => {
  for (const x of exponents) {
    const [first, second, third] = bitsOf(x, 3) as [number, number, number];
    for (const off of [1 - 2 ** -50, 1 + 2 ** -50])
      for (const [move, want] of [
        [-1, true],
        [1, false],
      ] as const)
        assert.equal(
          bernoulliExponential(scriptedSource([first, second, third + move]), x * off, () => rationalOf(x)),
          want,
        );
  }
});

test("e^−0 = 1 is always true, also for the largest words", () => {
  const top = 2 ** 32 - 1;
  assert.equal(
    bernoulliExponential(scriptedSource([top, top]), 0, () => rationalOf(0)),
    true,
  );
});

test("an exponent beyond all bits is enclosed without being computed", () => {
  const huge = { numerator: 10n ** 300n, denominator: 1n };
  assert.equal(
    bernoulliExponential(scriptedSource([0, 0, 0, 1]), 1e300, () => huge),
    false,
  );
});

test("the frequency is e^−x (6 standard errors)", () => {
  const source = seededSource(63);
  const n = 400_000;
  for (const x of [0.01, 0.3, 1, 3]) {
    let kept = 0;
    for (let i = 0; i < n; i++) if (bernoulliExponential(source, x, () => rationalOf(x))) kept++;
    const p = Math.exp(-x);
    assert.ok(Math.abs(kept / n - p) < 6 * Math.sqrt((p * (1 - p)) / n), `x = ${x}: ${kept / n}, not ${p}`);
  }
});

test("whole numbers below n are uniform: words that would favour some are drawn again", () => {
  assert.equal(uniformInteger(scriptedSource([2 ** 32 - 1, 5]), 3), 2);
  assert.equal(uniformInteger(scriptedSource([2 ** 32 - 1]), 2 ** 32), 2 ** 32 - 1);
  assert.equal(uniformInteger(scriptedSource([7]), 1), 0);
});
