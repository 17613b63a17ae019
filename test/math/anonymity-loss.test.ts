import assert from "node:assert/strict";
import { test } from "node:test";
import { anonymityLoss, precisionRecall } from "../../src/math/anonymity-loss.ts";
import { randomFromSeed } from "../../src/random.ts";

const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

test("the coefficient by hand: log 1e-2 is half of log 1e-4, so its cube takes an eighth away", () => {
  close(precisionRecall(0.8, 1), 0.8);
  close(precisionRecall(0.8, 0.01), 0.7);
  close(precisionRecall(1, 0.1), 1 - 1 / 64);
  close(precisionRecall(1, 0.001), 1 - 27 / 64);
  assert.equal(precisionRecall(1, 1e-4), 0);
  assert.equal(precisionRecall(1, 0), 0);
});

test("the loss by hand: .7 against .4 loses half of what was left to find out", () => {
  const loss = anonymityLoss({
    attack: { people: 10_000, guesses: 100, right: 80 },
    baseline: { people: 1000, guesses: 1000, right: 400 },
    level: 0.95,
  });
  close(loss.attack, 0.7);
  close(loss.baseline, 0.4);
  close(loss.value, 0.5);
  assert.ok(loss.low > 0.2 && loss.low < 0.45 && loss.high > 0.55 && loss.high < 0.8, JSON.stringify(loss));
});

test("everything found out of nothing is 1, equal sides are 0, and the interval has a width at every end", () => {
  const all = { people: 500, guesses: 500, right: 500 };
  const none = { people: 500, guesses: 500, right: 0 };
  const copy = anonymityLoss({ attack: all, baseline: none, level: 0.95 });
  assert.deepEqual([copy.value, copy.high], [1, 1]);
  assert.ok(copy.low > 0.97 && copy.low < 1);
  const both = anonymityLoss({ attack: all, baseline: all, level: 0.95 });
  assert.deepEqual([both.value, both.low, both.high], [0, -1, 1]);
  const silent = { people: 500, guesses: 0, right: 0 };
  const nobody = anonymityLoss({ attack: silent, baseline: silent, level: 0.95 });
  assert.ok(nobody.value === 0 && nobody.low <= 0 && nobody.high >= 0);
  const worse = anonymityLoss({ attack: none, baseline: all, level: 0.95 });
  assert.equal(worse.value, -1);
});

test("the interval holds the truth about as often as it says", () => {
  // 1,000 draws each; at 95 % a count of 934 or less has probability under .02.
  const random = randomFromSeed(1);
  const drawn = (people: number, recall: number, precision: number) => {
    let [guesses, right] = [0, 0];
    for (let i = 0; i < people; i++)
      if (random.uniform() < recall) {
        guesses++;
        if (random.uniform() < precision) right++;
      }
    return { people, guesses, right };
  };
  for (const { a, b } of [
    { a: { recall: 0.2, precision: 0.9 }, b: { recall: 0.5, precision: 0.5 } },
    { a: { recall: 0.05, precision: 0.6 }, b: { recall: 1, precision: 0.3 } },
    { a: { recall: 1, precision: 0.8 }, b: { recall: 1, precision: 0.8 } },
    { a: { recall: 0.03, precision: 0.98 }, b: { recall: 0.03, precision: 0.7 } },
  ]) {
    const [attack, baseline] = [precisionRecall(a.precision, a.recall), precisionRecall(b.precision, b.recall)];
    const truth = (attack - baseline) / (1 - baseline);
    let held = 0;
    for (let run = 0; run < 1000; run++) {
      const { low, high } = anonymityLoss({
        attack: drawn(500, a.recall, a.precision),
        baseline: drawn(500, b.recall, b.precision),
        level: 0.95,
      });
      if (low <= truth && truth <= high) held++;
    }
    assert.ok(held >= 935, `${held} of 1,000 for ${JSON.stringify({ a, b })}`);
  }
});
