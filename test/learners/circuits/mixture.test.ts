import assert from "node:assert/strict";
import { test } from "node:test";
import { drawMixture, logEvidenceMixture, type MixtureModel } from "../../../src/learners/circuits/mixture.ts";
import { fitMixture, type MixtureOptions } from "../../../src/learners/circuits/mixture-fit.ts";
import { noEvidence } from "../../../src/learners/code-rows.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { cellsOf, checkLearner, checkOdd, givenRows, oddTables, tinyRows } from "./tiny-domain.ts";

const learner = { draw: drawMixture, logEvidence: logEvidenceMixture };
const key = randomFromSeed(1).key;
const options: MixtureOptions = { components: 4, groups: 4, passes: 30, patience: 3, fitRows: 100_000 };

test("likelihoods, marginals, conditions and draws agree with every cell of a tiny domain", () => {
  const rows = tinyRows(3000, 2);
  checkLearner(fitMixture({ rows, options, key }), learner, rows.levels, 1e-9);
});

test("the likelihood of a row is the sum over components of products", () => {
  const rows = tinyRows(1000, 3);
  const model = fitMixture({ rows, options, key });
  const cells = cellsOf(rows.levels);
  const logs = logEvidenceMixture({ model, rows: cells.length, evidence: givenRows(cells) });
  cells.forEach((cell, i) => {
    let chance = 0;
    for (let k = 0; k < model.components; k++)
      chance += model.columns.reduce(
        (product, column, j) => product * codeChance(column, k, cell[j]!),
        model.prior[k]!,
      );
    assert.ok(Math.abs(Math.exp(logs[i]!) - chance) < 1e-12);
  });
});

test("what is learnt is close to what made the rows: held-out rows are as likely as under their own shares of cells", () => {
  const rows = tinyRows(20_000, 4);
  const model = fitMixture({ rows, options: { ...options, groups: 16 }, key });
  const counts = new Map<string, number>();
  const fresh = tinyRows(20_000, 5);
  for (const source of [rows, fresh])
    for (let i = 0; i < source.rows; i++) {
      const cell = source.codes.map((column) => column[i]).join();
      counts.set(cell, (counts.get(cell) ?? 0) + 1 / 40_000);
    }
  const entropy = [...counts.values()].reduce((sum, share) => sum - share * Math.log(share), 0);
  const known = fresh.codes.map((column) => new Uint8Array(column.length).fill(1));
  const logs = logEvidenceMixture({
    model,
    rows: fresh.rows,
    evidence: { weights: [], given: { codes: fresh.codes, known } },
  });
  const mean = logs.reduce((sum, log) => sum + log / logs.length, 0);
  // Of 54 cells: the standard error of the mean is about .006.
  assert.ok(mean > -entropy - 0.02, `${mean} against ${-entropy}`);
  assert.ok(Math.abs(model.heldOutLogLikelihood - mean) < 0.1);
});

test("a condition of chance below one in a million is drawn from at once", () => {
  const rows = tinyRows(3000, 6);
  const weights = rows.levels.map((count) => new Float64Array(count).fill(1e-3));
  weights[0]![2] = 0;
  const model = fitMixture({ rows, options, key });
  assert.ok(logEvidenceMixture({ model, rows: 1, evidence: { weights } })[0]! < Math.log(1e-6));
  const drawn = drawMixture({ model, rows: 2000, evidence: { weights }, key });
  assert.equal(drawn[0]!.indexOf(2), -1);
});

test("odd tables are learnt, and a code has a chance exactly where it occurs", () => {
  for (const [what, rows] of Object.entries(oddTables()))
    checkOdd(fitMixture({ rows, options, key }), learner, rows, what);
});

test("the same key gives the same model and rows; another key gives others", () => {
  const rows = tinyRows(500, 7);
  const model = fitMixture({ rows, options, key });
  assert.deepEqual(fitMixture({ rows, options, key }), model);
  assert.notDeepEqual(fitMixture({ rows, options, key: randomFromSeed(2).key }).prior, model.prior);
  const draw = (seed: number) => drawMixture({ model, rows: 200, evidence: noEvidence, key: randomFromSeed(seed).key });
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
});

function codeChance({ groups, chances }: MixtureModel["columns"][number], k: number, code: number): number {
  const group = groups.groupOf[code]!;
  return group < 0 ? 0 : chances[k * groups.mass.length + group]! * groups.share[code]!;
}
