import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancelled, InvalidArgument, ResourceError } from "../../../src/errors.ts";
import type { Json } from "../../../src/llm/model.ts";
import { randomFromSeed } from "../../../src/random.ts";
import type { CellContext, CellOutcome, Row } from "../../../src/text/step.ts";
import { ownCell, type Program } from "../../../src/text/steps/own.ts";

const row: Row = { index: 4, sample: 0, source: { s: 1 }, sourceIndex: 2, cells: { a: "x", b: ["y"] } };

const context = (signal: AbortSignal = new AbortController().signal): CellContext => ({
  random: randomFromSeed(0),
  caller: { call: () => Promise.reject(new Error("nobody asks")) },
  signal,
  record() {},
});

const outcomeOf = (run: (row: Row, context: CellContext) => unknown): Promise<CellOutcome> =>
  ownCell({ name: "own", run }, undefined)(row, context());

const detailOf = async (run: () => unknown): Promise<string | undefined> => {
  const { reject } = await outcomeOf(run);
  assert.equal(reject?.reason, "own");
  return reject?.detail;
};

test("a function gives a value, at once or later, or says why not", async () => {
  assert.deepEqual(await outcomeOf(({ cells }) => cells.a), { value: "x" });
  assert.deepEqual(await outcomeOf(async () => ({ deep: [null, true, { n: 1.5 }], gone: undefined })), {
    value: { deep: [null, true, { n: 1.5 }] },
  });
  assert.equal(await detailOf(() => ({ reject: "too dull" })), "too dull");
  assert.deepEqual(await outcomeOf(() => ({ reject: "x", other: 1 })), { value: { reject: "x", other: 1 } });
});

test("what goes wrong in a function costs the row and is told", async () => {
  assert.equal(
    await detailOf(() => {
      throw new RangeError("too far");
    }),
    "RangeError: too far",
  );
  assert.equal(await detailOf(() => Promise.reject("just a text")), "just a text");
  assert.match((await detailOf(() => undefined)) ?? "", /undefined/);
  assert.match((await detailOf(() => new Date(0))) ?? "", /a Date, which is not JSON/);
  assert.match((await detailOf(() => [Number.NaN])) ?? "", /NaN/);
  assert.match((await detailOf(() => 1n)) ?? "", /bigint/);
  const self: unknown[] = [];
  self.push(self);
  assert.match((await detailOf(() => self)) ?? "", /holds itself/);
});

test("what ends the run ends it from within a function too", async () => {
  for (const error of [new Cancelled(), new ResourceError("journal", "The disk is full.")])
    await assert.rejects(
      outcomeOf(() => Promise.reject(error)),
      error,
    );
});

test("functions that never end do not keep a run that is cancelled, and no warning is given of how many they are", async () => {
  const warnings: string[] = [];
  const warned = ({ name }: Error): void => {
    warnings.push(name);
  };
  process.on("warning", warned);
  const controller = new AbortController();
  const cell = ownCell({ name: "own", run: () => new Promise(() => {}) }, undefined);
  const waiting = Array.from({ length: 50 }, () => cell(row, context(controller.signal)));
  await new Promise((done) => setImmediate(done));
  controller.abort();
  for (const one of waiting) await assert.rejects(one, Cancelled);
  process.off("warning", warned);
  assert.deepEqual(warnings, []);
});

test("a program's answers are values and rejections; its failures cost the row, unless it cannot be started", async () => {
  const asked: Json[] = [];
  const answers = (answer: Json | Error): Program => ({
    async ask(line) {
      asked.push(line);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async close() {},
  });
  const outcome = (answer: Json | Error) => ownCell({ name: "own", command: ["x"] }, answers(answer))(row, context());
  assert.deepEqual(await outcome({ value: null, index: 4 }), { value: null });
  assert.deepEqual(await outcome({ reject: "no" }), { reject: { reason: "own", detail: "no" } });
  assert.deepEqual(asked[0], row);
  assert.match((await outcome(new ResourceError("own-program", "It ended."))).reject?.detail ?? "", /It ended/);
  await assert.rejects(outcome(new InvalidArgument("own-program", "It is not there.")), InvalidArgument);
});
