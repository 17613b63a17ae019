import assert from "node:assert/strict";
import { test } from "node:test";
import { type CircuitModel, drawCircuit, logEvidenceCircuit } from "../../../src/learners/circuits/circuit.ts";
import {
  type CircuitOptions,
  finishCircuit,
  fitCircuit,
  trainCircuit,
} from "../../../src/learners/circuits/circuit-fit.ts";
import { type CodeRows, noEvidence } from "../../../src/learners/code-rows.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { cellsOf, checkLearner, checkOdd, givenRows, oddTables, tinyRows } from "./tiny-domain.ts";

const learner = { draw: drawCircuit, logEvidence: logEvidenceCircuit };
const key = randomFromSeed(1).key;
const options: CircuitOptions = { states: 8, groups: 4, passes: 30, patience: 3, fitRows: 100_000 };

test("likelihoods, marginals, conditions and draws agree with every cell of a tiny domain", () => {
  const rows = tinyRows(3000, 2);
  // Messages are 32-bit floats.
  checkLearner(fitCircuit({ rows, options, key }), learner, rows.levels, 2e-6);
});

test("the likelihood of a row is the sum over all states of all columns", () => {
  const rows = tinyRows(1000, 3);
  const model = fitCircuit({ rows, options, key });
  const cells = cellsOf(rows.levels);
  const logs = logEvidenceCircuit({ model, rows: cells.length, evidence: givenRows(cells) });
  cells.forEach((cell, i) => {
    let chance = 0;
    for (const states of cellsOf(cell.map(() => 8)))
      chance += model.columns.reduce((product, column, j) => {
        const parent = model.tree.parent[j]!;
        const move = parent < 0 ? model.prior[states[j]!]! : column.moves![states[parent]! * 8 + states[j]!]!;
        return product * move * codeChance(column, states[j]!, cell[j]!);
      }, 1);
    assert.ok(
      Math.abs(Math.exp(logs[i]!) - chance) < 1e-6 * chance + 1e-12,
      `${cell}: ${Math.exp(logs[i]!)}, ${chance}`,
    );
  });
});

test("a chain of columns, each a noisy copy of the last, is learnt: held-out rows are as likely as they truly are", () => {
  const rows = chain(20_000, 4);
  const fresh = chain(5000, 5);
  const model = fitCircuit({ rows, options: { ...options, states: 16 }, key });
  const known = fresh.codes.map((column) => new Uint8Array(column.length).fill(1));
  const evidence = { weights: [], given: { codes: fresh.codes, known } };
  const logs = logEvidenceCircuit({ model, rows: fresh.rows, evidence });
  let gap = 0;
  for (let i = 0; i < fresh.rows; i++) {
    let truth = Math.log(1 / 6);
    for (let j = 1; j < 5; j++)
      truth += Math.log(fresh.codes[j]![i] === fresh.codes[j - 1]![i] ? 0.8 + 0.2 / 6 : 0.2 / 6);
    gap += (truth - logs[i]!) / fresh.rows;
  }
  assert.ok(gap > -0.005 && gap < 0.03, `${gap} nats a row`);
});

test("where a fit is interrupted does not change the model", () => {
  const rows = tinyRows(1500, 6);
  const whole = fitCircuit({ rows, options: { ...options, passes: 7 }, key });
  const fit = { rows, options: { ...options, passes: 7 }, key };
  let from = trainCircuit({ ...fit, passes: 2 });
  while (!from.ended) from = trainCircuit({ ...fit, passes: 1, from });
  assert.deepEqual(finishCircuit({ ...fit, from }), whole);
});

test("odd tables are learnt, and a code has a chance exactly where it occurs", () => {
  for (const [what, rows] of Object.entries(oddTables()))
    checkOdd(fitCircuit({ rows, options, key }), learner, rows, what);
});

test("the same key gives the same model and rows; another key gives others", () => {
  const rows = tinyRows(500, 7);
  const model = fitCircuit({ rows, options, key });
  assert.deepEqual(fitCircuit({ rows, options, key }), model);
  assert.notDeepEqual(fitCircuit({ rows, options, key: randomFromSeed(2).key }).prior, model.prior);
  const draw = (seed: number) => drawCircuit({ model, rows: 200, evidence: noEvidence, key: randomFromSeed(seed).key });
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
});

/** Five columns of six codes: each is the one before it with a chance of .8, and any code otherwise. */
function chain(rows: number, seed: number): CodeRows {
  const random = randomFromSeed(seed);
  const codes = [0, 1, 2, 3, 4].map(() => new Uint8Array(rows));
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < 5; j++) codes[j]![i] = j > 0 && random.uniform() < 0.8 ? codes[j - 1]![i]! : random.integer(6);
  const five = [0, 1, 2, 3, 4];
  return { rows, codes, levels: five.map(() => 6), ordered: five.map(() => false), missing: five.map(() => 0) };
}

function codeChance({ groups, chances }: CircuitModel["columns"][number], state: number, code: number): number {
  const group = groups.groupOf[code]!;
  return group < 0 ? 0 : chances[state * groups.mass.length + group]! * groups.share[code]!;
}
