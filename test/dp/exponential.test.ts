import assert from "node:assert/strict";
import { test } from "node:test";
import { enclosedExponentialOfMinus, exponentialOfMinus } from "../../src/dp/exponential.ts";
import { rationalOf } from "../../src/dp/rational.ts";
import { randomFromSeed } from "../../src/random.ts";

test("the enclosure holds e^−x and is at most 2 wide: partial sums of the series in exact fractions lie on either side", () => {
  for (const [numerator, denominator] of [
    [0n, 1n],
    [1n, 1n],
    [1n, 3n],
    [7n, 9n],
    [1n, 10n ** 12n],
    [5n, 2n],
    [31n, 3n],
  ] as const) {
    // e^−x between two partial sums of the alternating series, once its terms fall: over the common denominator d^k k!.
    let sum = 1n;
    let term = 1n;
    let common = 1n;
    let before = sum;
    for (let k = 1n; k <= 150n; k++) {
      const factor = denominator * k;
      term *= -numerator;
      before = sum * factor;
      sum = sum * factor + term;
      common *= factor;
    }
    const [below, above] = sum < before ? [sum, before] : [before, sum];
    for (const bits of [32, 64, 128, 192]) {
      const { low, high } = enclosedExponentialOfMinus(numerator, denominator, bits);
      assert.ok(low * common <= below << BigInt(bits), `low, ${numerator}/${denominator}, ${bits} bits`);
      assert.ok(high * common >= above << BigInt(bits), `high, ${numerator}/${denominator}, ${bits} bits`);
      assert.ok(high - low <= 2n, `${high - low} wide`);
    }
  }
});

test("enclosures of any precision agree with each other and with e^−(a + b) = e^−a e^−b", () => {
  const random = randomFromSeed(61).split("enclosures");
  for (let i = 0; i < 300; i++) {
    const d = BigInt(1 + random.integer(2 ** 32));
    const a = BigInt(random.integer(2 ** 32)) * BigInt(1 + random.integer(40));
    const b = BigInt(random.integer(2 ** 32));
    const wide = enclosedExponentialOfMinus(a, d, 64);
    const tight = enclosedExponentialOfMinus(a, d, 256);
    assert.ok(wide.low << 192n <= tight.high && tight.low <= wide.high << 192n);
    const factor = enclosedExponentialOfMinus(b, d, 256);
    const product = enclosedExponentialOfMinus(a + b, d, 512);
    assert.ok(tight.low * factor.low <= product.high && product.low <= tight.high * factor.high);
  }
});

test("in doubles, e^−x is off by less than the 2^−50 that the proof gives", () => {
  const random = randomFromSeed(62).split("doubles");
  let worst = 0;
  for (let i = 0; i < 20_000; i++) {
    const x = i % 3 === 0 ? random.uniform() : i % 3 === 1 ? random.uniform() * 50 : 2 ** (-random.uniform() * 60);
    const { numerator, denominator } = rationalOf(x);
    const { low } = enclosedExponentialOfMinus(numerator, denominator, 128);
    const got = rationalOf(exponentialOfMinus(x));
    const off = (got.numerator << 128n) / got.denominator - low;
    worst = Math.max(worst, Math.abs(Number(off)) / 2 ** 128);
  }
  assert.ok(worst < 2 ** -50, `off by ${worst}`);
  assert.ok(worst > 2 ** -56, "no error at all: the test does not look");
  assert.equal(exponentialOfMinus(0), 1);
  assert.equal(exponentialOfMinus(Number.POSITIVE_INFINITY), 0);
});

test("a double is the fraction that stands for it", () => {
  for (const x of [0, 1, -1, 0.1, -0.1, 3.5, 2 ** -1074, 2 ** 1023, 1e300, 12345.678, Number.MAX_VALUE, 2 ** -1022]) {
    const { numerator, denominator } = rationalOf(x);
    assert.ok(denominator > 0n);
    if (denominator < 2n ** 1000n) assert.equal(Number(numerator) / Number(denominator), x);
    else assert.equal(Number(numerator), x * 2 ** 1000 * 2 ** 74);
  }
});
