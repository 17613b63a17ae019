import assert from "node:assert/strict";
import { test } from "node:test";
import { type CodeEvidence, type CodeRows, noEvidence } from "../../../src/learners/code-rows.ts";
import { associatedColumns, coarseColumns } from "../../../src/learners/trees/associated-columns.ts";
import {
  type AutoregressiveBoostingModel,
  drawAutoregressiveBoosting,
  fitAutoregressiveBoosting,
  logEvidenceAutoregressiveBoosting,
} from "../../../src/learners/trees/autoregressive-boosting.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";

const key = randomFromSeed(1).key;

/** Three related columns: one in order with missing cells, a category, one in order. */
function relatedRows(n: number, seed: number): CodeRows {
  const random = randomFromSeed(seed);
  const a: number[] = [];
  const b: number[] = [];
  const c: number[] = [];
  for (let i = 0; i < n; i++) {
    const x = random.uniform() < 0.1 ? 0 : 1 + random.integer(4);
    const y = random.uniform() < 0.7 ? [2, 0, 0, 1, 1][x]! : random.integer(3);
    a.push(x);
    b.push(y);
    c.push(random.uniform() < 0.6 ? Math.max(0, x - 1) : random.integer(4));
  }
  return codeRows([a, b, c], { levels: [5, 4, 4], ordered: [true, false, true], missing: [1, 0, 0] });
}

function codeRows(columns: readonly (readonly number[])[], rest: Omit<CodeRows, "rows" | "codes">): CodeRows {
  return { rows: columns[0]!.length, codes: columns.map((column) => Uint8Array.from(column)), ...rest };
}

/** Every row that there can be. */
function everyRow(levels: readonly number[]): Uint8Array[] {
  const rows = levels.reduce((a, b) => a * b, 1);
  let step = rows;
  return levels.map((count) => {
    step /= count;
    return Uint8Array.from({ length: rows }, (_, row) => Math.floor(row / step) % count);
  });
}

function logLikelihood(model: AutoregressiveBoostingModel, codes: readonly Uint8Array[]): Float64Array {
  const known = codes.map((column) => new Uint8Array(column.length).fill(1));
  return logEvidenceAutoregressiveBoosting({
    model,
    rows: codes[0]!.length,
    evidence: { weights: [], given: { codes, known } },
  });
}

const small = relatedRows(3000, 2);
const model = fitAutoregressiveBoosting({ rows: small, order: [0, 1, 2], key });
const all = everyRow(small.levels);
const chances = logLikelihood(model, all).map(Math.exp);

/** χ² of counts of rows against shares; cells of fewer than 5 expected are put together. */
function chiSquared(
  codes: readonly Uint8Array[],
  shares: Float64Array,
): { readonly value: number; readonly df: number } {
  const n = codes[0]!.length;
  const counts = new Float64Array(shares.length);
  for (let i = 0; i < n; i++) {
    let at = 0;
    for (let j = 0; j < codes.length; j++) at = at * small.levels[j]! + codes[j]![i]!;
    counts[at]!++;
  }
  let value = 0;
  let df = -1;
  let restCount = 0;
  let rest = 0;
  shares.forEach((share, at) => {
    const expected = n * share;
    if (share === 0) assert.equal(counts[at], 0);
    if (expected < 5) {
      rest += expected;
      restCount += counts[at]!;
      return;
    }
    value += (counts[at]! - expected) ** 2 / expected;
    df++;
  });
  if (rest > 0) {
    value += (restCount - rest) ** 2 / rest;
    df++;
  }
  return { value, df };
}

/** Wilson & Hilferty (1931): χ² exceeds it once in a million (z = 4.753). */
function limit(df: number): number {
  return df * (1 - 2 / (9 * df) + 4.753 * Math.sqrt(2 / (9 * df))) ** 3;
}

function assertDrawnBy(codes: readonly Uint8Array[], shares: Float64Array): void {
  const { value, df } = chiSquared(codes, shares);
  assert.ok(value < limit(df), `χ² ${value} with ${df} degrees of freedom`);
}

test("the chances of all rows add up to one, a code that never occurred has none, and trees were grown", () => {
  assert.ok(Math.abs(chances.reduce((a, b) => a + b, 0) - 1) < 1e-12);
  chances.forEach((chance, row) => {
    assert.equal(chance === 0, all[1]![row] === 3);
  });
  assert.ok(model.conditionals.every(({ roots, tables }, at) => at === 0 || roots.length + tables.length > 0));
});

test("rows are drawn by the model's chances: χ² over all 80 rows", () => {
  const { codes, accepted } = drawAutoregressiveBoosting({ model, rows: 100_000, evidence: noEvidence, key });
  assert.ok(accepted.every((one) => one === 1));
  assertDrawnBy(codes, chances);
});

test("rows accepted under weights are drawn by chance × weights: χ² over all rows", () => {
  const weights = [undefined, Float64Array.of(0.5, 1, 0, 1), Float64Array.of(0, 1, 0.25, 1)];
  const { codes, accepted } = drawAutoregressiveBoosting({ model, rows: 100_000, evidence: { weights }, key });
  const kept = codes.map((column) => column.filter((_, row) => accepted[row] === 1));
  const products = chances.map((chance, row) => chance * weights[1]![all[1]![row]!]! * weights[2]![all[2]![row]!]!);
  const sum = products.reduce((a, b) => a + b, 0);
  assert.ok(kept[0]!.length > 30_000);
  assertDrawnBy(
    kept,
    products.map((product) => product / sum),
  );
});

test("weights on the first column of the order cost no row", () => {
  const weights = [Float64Array.of(0, 1, 1, 0, 0.5)];
  const { codes, accepted } = drawAutoregressiveBoosting({ model, rows: 50_000, evidence: { weights }, key });
  assert.ok(accepted.every((one) => one === 1));
  const products = chances.map((chance, row) => chance * weights[0]![all[0]![row]!]!);
  const sum = products.reduce((a, b) => a + b, 0);
  assertDrawnBy(
    codes,
    products.map((product) => product / sum),
  );
});

test("cells that are known come back; known first columns give exact draws, later ones draws within .05 in total variation", () => {
  const rows = 60_000;
  for (const [column, code, exact] of [
    [0, 3, true],
    [2, 2, false],
  ] as const) {
    const codes = [0, 1, 2].map((j) => new Uint8Array(rows).fill(j === column ? code : 0));
    const known = [0, 1, 2].map((j) => new Uint8Array(rows).fill(j === column ? 1 : 0));
    const evidence: CodeEvidence = { weights: [], given: { codes, known } };
    const drawn = drawAutoregressiveBoosting({ model, rows, evidence, key });
    assert.ok(drawn.accepted.every((one) => one === 1));
    assert.ok(drawn.codes[column]!.every((x) => x === code));
    const products = chances.map((chance, row) => (all[column]![row] === code ? chance : 0));
    const sum = products.reduce((a, b) => a + b, 0);
    const shares = products.map((product) => product / sum);
    if (exact) assertDrawnBy(drawn.codes, shares);
    else {
      const counts = new Float64Array(shares.length);
      for (let i = 0; i < rows; i++)
        counts[(drawn.codes[0]![i]! * 4 + drawn.codes[1]![i]!) * 4 + drawn.codes[2]![i]!]!++;
      const distance = shares.reduce((total, share, at) => total + Math.abs(share - counts[at]! / rows) / 2, 0);
      assert.ok(distance < 0.05, `total variation ${distance}`);
    }
  }
});

test("likelihood on unseen rows comes within .02 nats of the truth's, and independent columns are left as they are", () => {
  const unseen = relatedRows(20_000, 3);
  const truth = (row: number): number => {
    const [x, y, z] = unseen.codes.map((column) => column[row]!) as [number, number, number];
    const pb = 0.1 + (y === [2, 0, 0, 1, 1][x]! ? 0.7 : 0);
    const pc = 0.1 + (z === Math.max(0, x - 1) ? 0.6 : 0);
    return Math.log((x === 0 ? 0.1 : 0.225) * pb * pc);
  };
  const found = logLikelihood(model, unseen.codes);
  let short = 0;
  for (let row = 0; row < unseen.rows; row++) short += (truth(row) - found[row]!) / unseen.rows;
  assert.ok(short < 0.02, `${short} nats`);

  const random = randomFromSeed(4);
  const column = (): number[] => Array.from({ length: 4000 }, () => random.integer(8));
  const apart = codeRows([column(), column(), column(), column()], {
    levels: [8, 8, 8, 8],
    ordered: [true, false, true, false],
    missing: [0, 0, 0, 0],
  });
  const grown = fitAutoregressiveBoosting({ rows: apart, key });
  const trees = grown.conditionals.reduce((sum, { roots }) => sum + roots.length, 0);
  // 21 splits were tried; a few find a little by chance.
  assert.ok(trees < 60, `${trees} trees`);
});

test("of a column that repeats another, with 200 codes, nearly every draw is right", () => {
  const random = randomFromSeed(5);
  const a = Array.from({ length: 8000 }, () => random.integer(200));
  const rows = codeRows([a, a.map((x) => 199 - x)], { levels: [200, 200], ordered: [true, true], missing: [0, 0] });
  const twice = fitAutoregressiveBoosting({ rows, options: { bins: 250 }, key });
  const { codes } = drawAutoregressiveBoosting({ model: twice, rows: 5000, evidence: noEvidence, key });
  let near = 0;
  for (let i = 0; i < 5000; i++) if (Math.abs(199 - codes[0]![i]! - codes[1]![i]!) <= 4) near++;
  assert.ok(near > 4900, `${near} of 5000`);
});

test("no rows, few rows, one column, constants and columns that are always missing", () => {
  for (const n of [0, 1, 20]) {
    const random: Random = randomFromSeed(6);
    const column = (levels: number): number[] => Array.from({ length: n }, () => random.integer(levels));
    for (const rows of [
      codeRows([column(9)], { levels: [9], ordered: [true], missing: [1] }),
      codeRows([column(3), new Array(n).fill(2), new Array(n).fill(0), column(200)], {
        levels: [3, 4, 2, 256],
        ordered: [false, true, true, true],
        missing: [0, 1, 1, 2],
      }),
    ]) {
      const fitted = fitAutoregressiveBoosting({ rows, key });
      const { codes } = drawAutoregressiveBoosting({ model: fitted, rows: 50, evidence: noEvidence, key });
      codes.forEach((own, j) => {
        assert.equal(own.length, 50);
        const seen = new Set(rows.codes[j]);
        for (const code of own) assert.ok(n === 0 || seen.has(code));
      });
      assert.ok(logLikelihood(fitted, rows.codes).every((value) => Number.isFinite(value) && value <= 0));
      assert.equal(
        drawAutoregressiveBoosting({ model: fitted, rows: 0, evidence: noEvidence, key }).codes[0]!.length,
        0,
      );
    }
  }
});

test("the same key gives the same model and rows; another key other rows", () => {
  const again = fitAutoregressiveBoosting({ rows: small, order: [0, 1, 2], key });
  assert.deepEqual(again, model);
  const draw = (from: typeof key): Uint8Array[] =>
    drawAutoregressiveBoosting({ model, rows: 200, evidence: noEvidence, key: from }).codes;
  assert.deepEqual(draw(key), draw(key));
  assert.notDeepEqual(draw(key), draw(randomFromSeed(8).key));
});

test("known cells behind unknown ones, and weights, have no closed likelihood and are refused", () => {
  const known = [0, 1, 0].map((one) => Uint8Array.of(one));
  const codes = [0, 1, 0].map((code) => Uint8Array.of(code));
  assert.throws(
    () => logEvidenceAutoregressiveBoosting({ model, rows: 1, evidence: { weights: [], given: { codes, known } } }),
    /row 0 knows column 1, but not all columns before it/,
  );
  assert.throws(
    () => logEvidenceAutoregressiveBoosting({ model, rows: 1, evidence: { weights: [new Float64Array(5)] } }),
    /no closed form/,
  );
  assert.deepEqual([...logEvidenceAutoregressiveBoosting({ model, rows: 2, evidence: noEvidence })], [0, 0]);
});

test("of many columns those that tell most are asked", () => {
  const random = randomFromSeed(9);
  const n = 3000;
  const noise = (): number[] => Array.from({ length: n }, () => random.integer(30));
  const target = noise();
  const columns = [noise(), noise(), target.map((x) => 29 - x), noise(), target.map((x) => x >> 3), noise()];
  const rows = codeRows([...columns, target], {
    levels: new Array(7).fill(30),
    ordered: [true, false, true, false, false, true, true],
    missing: new Array(7).fill(0),
  });
  const among = [0, 1, 2, 3, 4, 5];
  assert.deepEqual(associatedColumns(coarseColumns(rows), { column: 6, among, most: 2 }), [2, 4]);
  assert.deepEqual(associatedColumns([], { column: 6, among, most: 6 }), among);
});
