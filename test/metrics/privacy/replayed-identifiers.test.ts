import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import { isMeasured, type Score } from "../../../src/metrics/metric.ts";
import { replayedIdentifiers } from "../../../src/metrics/privacy/replayed-identifiers.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";
import { inputOf, KINDS, textColumn, world } from "../world.ts";

const people = world(3, { train: 50, holdout: 50, synthetic: 50 });
const random = randomFromSeed(1);
const list = (rows: number, make: (row: number) => string): string[] => Array.from({ length: rows }, (_, i) => make(i));
const letters = (stream: Random, length: number): string =>
  Array.from({ length }, () => String.fromCharCode(97 + stream.integer(26))).join("");
const email = (): string => `${letters(random, 8)}@example.org`;

function measure(train: string[], holdout: string[] | undefined, synthetic: string[]): Promise<Score> {
  const column = (values: string[]): Table => tableOf([textColumn("who", values)]);
  return replayedIdentifiers.measure(
    inputOf(people, {
      kinds: { ...KINDS, who: "identifier" },
      unmodelled: { train: column(train), holdout: holdout && column(holdout), synthetic: column(synthetic) },
    }),
  );
}

async function low(train: string[], holdout: string[], synthetic: string[]): Promise<number> {
  const score = await measure(train, holdout, synthetic);
  assert.ok(isMeasured(score) && score.difference, JSON.stringify(score));
  return score.difference.low;
}

test("real e-mail addresses are found, however they are written; new ones are not", async () => {
  const [train, holdout, fresh] = [list(900, email), list(900, email), list(900, email)];
  assert.ok((await low(train, holdout, train)) > 0.9);
  assert.ok(
    (await low(
      train,
      holdout,
      train.map((value) => ` ${value.toUpperCase()}`),
    )) > 0.9,
  );
  assert.ok((await low(train, holdout, [...train.slice(0, 30), ...fresh.slice(30)])) > 0.001);
  assert.ok((await low(train, holdout, fresh)) <= 0);
});

test("names that people share are no leak where other real people have them as often", async () => {
  const first = list(60, () => letters(random, 6));
  const last = list(60, () => letters(random, 7));
  const name = (): string => `${first[random.integer(60)]} ${last[random.integer(60)]}`;
  for (let run = 0; run < 20; run++) assert.ok((await low(list(900, name), list(300, name), list(900, name))) <= 0.001);
  const train = list(900, name);
  assert.ok((await low(train, list(300, name), train)) > 0.2);
});

test("keys that are numbered through say nothing; scattered ones do", async () => {
  const numbered = list(900, (i) => `P${String(i).padStart(6, "0")}`);
  const score = await measure(
    numbered,
    list(900, (i) => `P${String(900 + i).padStart(6, "0")}`),
    numbered,
  );
  assert.ok("notComputable" in score && score.notApplicable);
  const scattered = (): string => `P${String(random.integer(1e9)).padStart(9, "0")}`;
  const train = list(900, scattered);
  assert.ok((await low(train, list(900, scattered), train)) > 0.9);
});

test("without a holdout there is no number, without such columns it does not apply", async () => {
  const score = await measure(list(90, email), undefined, list(90, email));
  assert.ok("notComputable" in score && !score.notApplicable);
  const none = await replayedIdentifiers.measure(inputOf(people));
  assert.ok("notComputable" in none && none.notApplicable);
});
