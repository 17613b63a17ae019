import assert from "node:assert/strict";
import { test } from "node:test";
import { comparableText } from "../../../src/data/comparable-text.ts";
import { isMeasured, type MeasuredScore, type Score } from "../../../src/metrics/metric.ts";
import { acceptance } from "../../../src/metrics/text/acceptance.ts";
import { categoryBalance } from "../../../src/metrics/text/category-balance.ts";
import { completeness } from "../../../src/metrics/text/completeness.ts";
import { copiedFromSource } from "../../../src/metrics/text/copied-from-source.ts";
import { distinctN } from "../../../src/metrics/text/distinct-n.ts";
import { duplicateRows } from "../../../src/metrics/text/duplicate-rows.ts";
import { duplicateTexts } from "../../../src/metrics/text/duplicate-texts.ts";
import { judgeScore } from "../../../src/metrics/text/judge-score.ts";
import { repairedShare } from "../../../src/metrics/text/repaired-share.ts";
import { selfOverlap } from "../../../src/metrics/text/self-overlap.ts";
import { sourcePassages } from "../../../src/metrics/text/source-passages.ts";
import { textLengths } from "../../../src/metrics/text/text-lengths.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, madeText } from "./made-input.ts";

const measured = (score: Score): MeasuredScore => {
  assert.ok(isMeasured(score), "notComputable" in score ? score.notComputable : "");
  return score;
};
const close = (a: number, b: number, within = 1e-12): void => assert.ok(Math.abs(a - b) <= within, `${a}, not ${b}`);
const texts = (count: number, how: { words: number; vocabulary: number }, seed = 1): string[] => {
  const random = randomFromSeed(seed).split("texts");
  return Array.from({ length: count }, () => madeText(random, how));
};

test("completeness is counted; acceptance and repairs have Wilson's bounds", () => {
  const rows = texts(30, { words: 9, vocabulary: 500 }).map((text, i) => ({ values: { text }, repaired: i < 6 }));
  const input = inputOf(rows, { asked: 40, rejected: 10 });
  const { value, low, high, counted } = measured(completeness.measure(input));
  assert.deepEqual([value, low, high, counted], [0.75, 0.75, 0.75, true]);
  // Wilson (1927) for 30 of 40 and 6 of 30 at 95 %, by hand.
  const accepted = measured(acceptance.measure(input));
  close(accepted.value, 0.75);
  close(accepted.low, 0.5981, 1e-4);
  close(accepted.high, 0.8581, 1e-4);
  const repaired = measured(repairedShare.measure(input));
  close(repaired.low, 0.0951, 1e-4);
  close(repaired.high, 0.3731, 1e-4);
  assert.ok(!isMeasured(completeness.measure(inputOf([], { asked: 0 }))));
  assert.equal(measured(completeness.measure(inputOf([], { asked: 3 }))).value, 0);
});

test("repeats are those that a set of the normalised texts has not", () => {
  const random = randomFromSeed(6);
  const pool = texts(40, { words: 7, vocabulary: 50 }, 2);
  const rows = Array.from({ length: 300 }, () => {
    const pick = (): string => pool[random.integer(pool.length)] as string;
    const vary = (text: string): string =>
      random.integer(2) === 0 ? ` ${text.toUpperCase().replace(" ", "\n  ")} ` : text.replace(" ", "\u00a0");
    return { values: { question: vary(pick()), answer: vary(pick()), kind: "label" } };
  });
  const input = inputOf(rows);
  assert.deepEqual(
    input.columns.map(({ name }) => name),
    ["question", "answer"],
    "a column of labels is no text",
  );
  const byHand = (key: (row: (typeof rows)[number]["values"]) => string): number =>
    300 - new Set(rows.map(({ values }) => key(values))).size;
  close(
    measured(duplicateRows.measure(input)).value,
    byHand(({ question, answer }) => `${comparableText(question)}|${comparableText(answer)}`) / 300,
  );
  const columns = [byHand(({ question }) => comparableText(question)), byHand(({ answer }) => comparableText(answer))];
  close(measured(duplicateTexts.measure(input)).value, Math.max(...columns) / 300);
});

test("rows without a text, and labels, are no repeats of texts; a release of labels has none to repeat", () => {
  const rows = texts(50, { words: 8, vocabulary: 900 }).map((text, i) => ({
    values: { text: i % 5 === 0 ? null : text, kind: ["a", "b"][i % 2] as string, score: i % 3 },
  }));
  const score = measured(duplicateTexts.measure(inputOf(rows)));
  assert.equal(score.value, 0);
  assert.equal(score.n, 40);
  const labels = duplicateRows.measure(inputOf(rows.map(({ values }) => ({ values: { kind: values.kind } }))));
  assert.ok(!isMeasured(labels) && labels.notApplicable);
});

test("distinct-n does not fall as the release grows, and tells few phrases from many", () => {
  const many = texts(2400, { words: 12, vocabulary: 2000 }).map((text) => ({ values: { text } }));
  const few = texts(2400, { words: 12, vocabulary: 30 }).map((text) => ({ values: { text } }));
  const whole = measured(distinctN.measure(inputOf(many)));
  const quarter = measured(distinctN.measure(inputOf(many.slice(0, 600))));
  assert.ok(Math.abs(whole.value - quarter.value) < 0.01, `${whole.value} and ${quarter.value}`);
  assert.ok(whole.low <= whole.value && whole.value <= whole.high && whole.high - whole.low < 0.02);
  const mould = measured(distinctN.measure(inputOf(few)));
  // 900 pairs are possible: 5,000 draws meet nearly all of them.
  close(mould.value, (900 * (1 - (1 - 1 / 900) ** 5000)) / 5000, 0.002);
  assert.ok(mould.high < whole.low);
  assert.ok(!isMeasured(distinctN.measure(inputOf(many.slice(0, 100)))), "1,100 pairs are too few");
});

test("the jackknife of distinct-n holds the truth about as often as it says", () => {
  // 400 kinds of rows, each a phrase of its own ten words: the truth is the value of a very large release.
  const random = randomFromSeed(8);
  const kinds = texts(400, { words: 10, vocabulary: 300 }, 9);
  const release = (rows: number, stream: typeof random) =>
    inputOf(Array.from({ length: rows }, () => ({ values: { text: kinds[stream.integer(400)] as string } })));
  const truth = measured(distinctN.measure(release(5000, random.split("truth")))).value;
  let held = 0;
  for (let round = 0; round < 40; round++) {
    const { low, high } = measured(distinctN.measure(release(800, random.split(round))));
    if (low <= truth && truth <= high) held++;
  }
  // P(fewer than 33 of 40 | .95) = 4e-4.
  assert.ok(held >= 33, `${held} of 40`);
});

test("self-overlap is 1 where every row has a twin, and small among rows of their own", () => {
  const own = texts(500, { words: 14, vocabulary: 5000 }).map((text) => ({ values: { text } }));
  const twins = texts(250, { words: 14, vocabulary: 5000 }).flatMap((text) => [
    { values: { text } },
    { values: { text } },
  ]);
  assert.ok(measured(selfOverlap.measure(inputOf(own))).value < 0.01);
  assert.equal(measured(selfOverlap.measure(inputOf(twins))).value, 1);
});

test("the profile of lengths is that of the words", () => {
  const random = randomFromSeed(10);
  const rows = Array.from({ length: 100 }, (_, i) => ({
    values: { text: madeText(random, { words: 10 + i, vocabulary: 99 }) },
  }));
  const score = measured(textLengths.measure(inputOf(rows)));
  close(score.value, 49.5 / 59.5);
  const [column] = (score.details as { columns: { words: Record<string, number> }[] }).columns;
  assert.equal(column?.words.q50, 59.5);
});

test("category-balance is the total variation distance of the worst column", () => {
  const rows = texts(100, { words: 6, vocabulary: 99 }).map((text, i) => ({
    values: { text, kind: i < 70 ? "a" : i < 95 ? "b" : "c", even: i % 2 === 0 },
  }));
  const intended = { kind: { a: 0.5, b: 0.25, d: 0.25 }, even: { true: 0.5, false: 0.5 }, absent: { x: 1 } };
  const score = measured(categoryBalance.measure(inputOf(rows, { intended })));
  close(score.value, 0.25);
  assert.ok(score.low > 0.15 && score.high < 0.36);
  assert.deepEqual(
    score.worst?.map(({ name }) => name),
    ["kind", "even"],
  );
});

test("judges' scores are moved to 0 … 1, and the lowest is told", () => {
  const rows = texts(50, { words: 6, vocabulary: 99 }).map((text, i) => ({
    values: { text },
    judged: i < 40 ? { "quality.clear": 1 + (i % 5), "quality.kind": 5 } : {},
  }));
  const judges = ["quality.clear", "quality.kind", "never.given"].map((name) => ({ name, scale: [1, 5] as const }));
  const score = measured(judgeScore.measure(inputOf(rows, { judges })));
  close(score.value, 0.5);
  assert.equal(score.n, 40);
  // Student's t with 39 degrees of freedom: 2.0227; standard deviation of 0, .25 … 1, eight times each.
  close(score.high - score.value, (2.0227 * Math.sqrt((8 * 0.625) / 39)) / Math.sqrt(40), 1e-4);
  assert.deepEqual(
    score.worst?.map(({ name }) => name),
    ["quality.clear", "quality.kind"],
  );
});

test("copied passages are counted, their control is always found, and only of real sources", () => {
  const random = randomFromSeed(12);
  const rows = Array.from({ length: 250 }, (_, i) => {
    const source = madeText(random, { words: 120, vocabulary: 4000 });
    const own = madeText(random, { words: 20, vocabulary: 4000 });
    return {
      values: { text: i % 50 === 7 ? `${own} ${source.split(" ").slice(30, 85).join(" ")}` : own },
      source: i % 10 === 9 ? ["too short"] : [source],
    };
  });
  const score = measured(sourcePassages.measure(inputOf(rows, { source: "real" })));
  close(score.value, 5 / 225);
  assert.equal(score.details?.longestWords, 55);
  assert.equal(score.plantings?.length, 10);
  for (const { share, value, leak } of score.plantings ?? []) {
    const planted = Math.round(share * 225);
    assert.equal(leak, "verbatim");
    // Some of the rows that are planted into hold a passage already.
    assert.ok(value * 225 >= planted && value * 225 <= planted + 5 + 1e-9, `${value * 225} of ${planted}`);
  }
  for (const source of ["none", "synthetic"] as const) {
    const other = sourcePassages.measure(inputOf(rows, { source }));
    assert.ok(!isMeasured(other) && other.notApplicable);
  }
  const taken = measured(copiedFromSource.measure(inputOf(rows, { source: "real" })));
  const [copied] = [rows[7]];
  assert.ok(copied);
  // 48 of the 68 runs of 8 words of each copied row; rows whose source is too short are left out.
  close(taken.value, (5 * (48 / 68)) / 225, 1e-9);
});
