import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CodeEvidence, noEvidence } from "../../../src/learners/code-rows.ts";
import { planPropagation, propagate } from "../../../src/learners/graphical/belief-propagation.ts";
import { drawGraphical, drawSystematically, logEvidenceGraphical } from "../../../src/learners/graphical/draw.ts";
import { estimate } from "../../../src/learners/graphical/estimate.ts";
import type { GraphicalModel } from "../../../src/learners/graphical/model.ts";
import { networkOf } from "../../../src/learners/graphical/network.ts";
import { cellsOf, maximalScopes, scopeOf } from "../../../src/learners/graphical/scope.ts";
import { chiSquareQuantile } from "../../../src/math/distributions.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { allRows, cellOf, jointOf, marginalOfJoint, randomTable } from "./brute-force.ts";

const FALSE_ALARM = 1e-6;
const sizes = [3, 2, 4, 2, 3];
const rows = allRows(sizes);
/** Own codes of the domain's values: shifted, backwards in column 2, so that code 0 is outside of every domain. */
const levels = sizes.map((size) => size + 1);
const codeOf = sizes.map((size, j) => Array.from({ length: size }, (_, value) => (j === 2 ? size - value : value + 1)));

function fieldOf(seed: number, zeros = 0): { readonly model: GraphicalModel; readonly joint: Float64Array } {
  const random = randomFromSeed(seed);
  const scopes = maximalScopes(
    [
      [0, 1],
      [1, 2, 3],
      [0, 3],
      [3, 4],
    ].map((clique) => scopeOf(sizes, clique)),
  );
  const logPotentials = scopes.map((scope) =>
    randomTable(random, cellsOf(sizes, scope), 1).map((log, i) =>
      i > 0 && random.uniform() < zeros ? Number.NEGATIVE_INFINITY : log,
    ),
  );
  const propagation = planPropagation(sizes, scopes);
  assert.ok(propagate(propagation, { logPotentials, total: 1 }));
  const joint = jointOf(
    sizes,
    scopes.map((clique, f) => ({ clique, logs: logPotentials[f]! })),
    1,
  );
  return { model: { sizes, total: 1, logPotentials, propagation, objective: 0, iterations: 0 }, joint };
}

/** Evidence of whole rows of domain values. */
function given(values: readonly (readonly number[])[], columns: readonly number[] = [...sizes.keys()]): CodeEvidence {
  return {
    weights: [],
    given: {
      codes: sizes.map((_, j) => Uint8Array.from(values, (row) => codeOf[j]![row[j]!]!)),
      known: sizes.map((_, j) => new Uint8Array(values.length).fill(columns.includes(j) ? 1 : 0)),
    },
  };
}

function drawnCodes(data: Parameters<typeof drawGraphical>[0]): Uint8Array[] {
  const drawn = drawGraphical(data);
  assert.ok(!("accepted" in drawn));
  return drawn;
}

const domainValue = (j: number, code: number): number => codeOf[j]!.indexOf(code);

describe("the Bayesian network of a graphical model", () => {
  for (const zeros of [0, 0.25])
    test(`has the same joint distribution, ${zeros * 100} % structural zeros, and none for codes outside the domain`, () => {
      for (let seed = 0; seed < 10; seed++) {
        const { model, joint } = fieldOf(seed, zeros);
        const network = networkOf(model, { levels, codeOf });
        const logs = logEvidenceGraphical({ model: network, rows: rows.length, evidence: given(rows) });
        logs.forEach((log, i) => {
          assert.ok(Math.abs(Math.exp(log) - joint[i]!) < 1e-12, `seed ${seed}, row ${rows[i]}`);
          if (joint[i] === 0) assert.equal(log, Number.NEGATIVE_INFINITY);
        });
        const outside = given([rows[0]!], [1]);
        outside.given!.codes[1]![0] = 0;
        assert.equal(logEvidenceGraphical({ model: network, rows: 1, evidence: outside })[0], Number.NEGATIVE_INFINITY);
      }
    });

  test("given cells that structural zeros forbid still return a row, with the given cells", () => {
    const zeros = [{ clique: [0, 1], allowed: Uint8Array.of(1, 1, 0, 1, 1, 1) }];
    const measurements = [{ clique: [0, 1], sigma: 1, noisy: Float64Array.of(10, 20, 30, 10, 20, 10) }];
    const model = estimate(sizes, { measurements, zeros, iterations: 50 });
    const network = networkOf(model, { levels, codeOf });
    const evidence = given([[1, 0, 0, 0, 0]], [0, 1]);
    assert.equal(logEvidenceGraphical({ model: network, rows: 1, evidence })[0], Number.NEGATIVE_INFINITY);
    const drawn = drawnCodes({ model: network, rows: 1, evidence, key: randomFromSeed(1).key });
    assert.equal(domainValue(0, drawn[0]![0]!), 1);
    assert.equal(domainValue(1, drawn[1]![0]!), 0);
    drawn.forEach((column, j) => {
      assert.ok(domainValue(j, column[0]!) >= 0);
    });
  });

  test("two values of one code are refused", () => {
    const { model } = fieldOf(1);
    const doubled = codeOf.map((codes, j) => (j === 3 ? codes.map(() => 1) : codes));
    assert.throws(() => networkOf(model, { levels, codeOf: doubled }), /column 3/);
  });
});

describe("systematic draws", () => {
  const { model, joint } = fieldOf(3, 0.2);
  const network = networkOf(model, { levels, codeOf });
  const draw = (count: number, seed: number): number[] => {
    const codes = drawSystematically({ model: network, rows: count, key: randomFromSeed(seed).key });
    return Array.from({ length: count }, (_, row) =>
      cellOf(
        codes.map((column, j) => domainValue(j, column[row]!)),
        sizes,
        [...sizes.keys()],
      ),
    );
  };

  test(`each row has the model's distribution: chi-squared, false alarms ${FALSE_ALARM}`, () => {
    const batches = 20_000;
    const counts = new Float64Array(joint.length);
    // One row of each batch: rows of one batch depend on each other.
    for (let batch = 0; batch < batches; batch++) counts[draw(7, batch)[batch % 7]!]!++;
    let statistic = 0;
    let cells = 0;
    let rest = 0;
    let restCount = 0;
    joint.forEach((chance, i) => {
      const expected = chance * batches;
      if (chance === 0) assert.equal(counts[i], 0, "a structural zero was drawn");
      else if (expected < 10) {
        rest += expected;
        restCount += counts[i]!;
      } else {
        statistic += (counts[i]! - expected) ** 2 / expected;
        cells++;
      }
    });
    if (rest > 0) statistic += (restCount - rest) ** 2 / rest;
    assert.ok(statistic < chiSquareQuantile(1 - FALSE_ALARM, cells - (rest > 0 ? 0 : 1)), `${statistic} over ${cells}`);
  });

  test("counts of pairs have the right expectation, and far less variance than independent rows", () => {
    const count = 200;
    const batches = 2000;
    for (const pair of [
      [0, 1],
      [1, 2],
      [3, 4],
    ]) {
      const chances = marginalOfJoint(joint, sizes, pair);
      const sums = new Float64Array(chances.length);
      let squares = 0;
      for (let batch = 0; batch < batches; batch++) {
        const own = new Float64Array(chances.length);
        for (const cell of draw(count, batch)) own[cellOf(rows[cell]!, sizes, pair)]!++;
        own.forEach((value, i) => {
          sums[i]! += value;
          squares += (value - count * chances[i]!) ** 2;
        });
      }
      let independent = 0;
      chances.forEach((chance, i) => {
        const variance = count * chance * (1 - chance);
        independent += variance;
        // Six standard errors of the mean of independent rows, which is far more than these have.
        assert.ok(Math.abs(sums[i]! / batches - count * chance) <= 6 * Math.sqrt(variance / batches) + 1e-9);
      });
      assert.ok(squares / batches < 0.25 * independent, `pair ${pair}: ${squares / batches} of ${independent}`);
    }
  });

  test("the same key draws the same rows; a learner's draw without evidence is systematic, with evidence conditional", () => {
    const key = randomFromSeed(4).key;
    const free = drawnCodes({ model: network, rows: 50, evidence: noEvidence, key });
    assert.deepEqual(free, drawSystematically({ model: network, rows: 50, key }));
    const weights = sizes.map((_, j) => (j === 0 ? Float64Array.of(0, 1, 0, 0) : undefined));
    const asked = drawnCodes({ model: network, rows: 50, evidence: { weights }, key });
    assert.ok(asked[0]!.every((code) => code === 1));
  });

  test("no rows, and no columns", () => {
    assert.deepEqual(drawSystematically({ model: network, rows: 0, key: randomFromSeed(1).key })[0]?.length, 0);
    const none = estimate([], { measurements: [{ clique: [], sigma: 1, noisy: Float64Array.of(12) }], iterations: 5 });
    assert.equal(none.total, 12);
    const empty = networkOf(none, { levels: [], codeOf: [] });
    assert.deepEqual(drawSystematically({ model: empty, rows: 3, key: randomFromSeed(1).key }), []);
  });
});
