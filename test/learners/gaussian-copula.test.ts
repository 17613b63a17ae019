import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CodeEvidence, type CodeRows, noEvidence } from "../../src/learners/code-rows.ts";
import { latentCorrelations } from "../../src/learners/gaussian-copula/correlations.ts";
import { makeLatents } from "../../src/learners/gaussian-copula/latents.ts";
import {
  DEFAULT_GAUSSIAN_COPULA,
  drawGaussianCopula,
  fitGaussianCopula,
  type GaussianCopulaModel,
  logEvidenceGaussianCopula,
} from "../../src/learners/gaussian-copula.ts";
import { bivariateNormalCdf } from "../../src/math/bivariate-normal.ts";
import { chiSquareQuantile } from "../../src/math/distributions.ts";
import { randomFromSeed } from "../../src/random.ts";

const key = randomFromSeed(1).key;
const FALSE_ALARM = 1e-6;
const drawCodes = (data: Parameters<typeof drawGaussianCopula>[0]): Uint8Array[] => {
  const drawn = drawGaussianCopula(data);
  if (!("accepted" in drawn)) return drawn;
  return drawn.codes.map((column) => column.filter((_, row) => drawn.accepted[row] === 1));
};
const fit = (rows: CodeRows): GaussianCopulaModel =>
  fitGaussianCopula({ rows, options: DEFAULT_GAUSSIAN_COPULA, key }).model;

test("marginals of drawn rows are the training rows' (χ²)", () => {
  const table = mixedRows(3000, 1);
  const rows = 40_000;
  const drawn = drawCodes({ model: fit(table), rows, evidence: noEvidence, key });
  table.codes.forEach((codes, j) => {
    const want = tally(codes, table.levels[j]!);
    const got = tally(drawn[j]!, table.levels[j]!);
    checkCounts([...got].map((count, code) => [count, (want[code]! / table.rows) * rows]));
  });
});

test("correlations of cut normal variables come back, by likelihood and by scores, with missing cells and without", () => {
  const random = randomFromSeed(2);
  const n = 20_000;
  for (const rho of [-0.8, -0.3, 0, 0.5, 0.9]) {
    const x = Float64Array.from({ length: n }, () => random.normal());
    const y = x.map((value) => rho * value + Math.sqrt(1 - rho * rho) * random.normal());
    const cut = (z: Float64Array, cuts: readonly number[]): Uint8Array =>
      Uint8Array.from(z, (value) => 1 + cuts.filter((at) => value > at).length);
    const fine = Array.from({ length: 60 }, (_, i) => -2.4 + 0.08 * i);
    const gone = Uint8Array.from(cut(y, [-0.5, 1]), (code) => (random.uniform() < 0.3 ? 0 : code));
    const codes = [cut(x, [0.4]), cut(y, [-0.5, 1]), cut(x, fine), cut(y, fine), gone];
    const counts = codes.map((column) => tally(column, 64));
    const orders = counts.map((count) => [...count.keys()].filter((code) => code > 0 && count[code]! > 0));
    const { latents, columns } = makeLatents(counts, orders, [1, 1, 1, 1, 1]);
    const table = {
      rows: n,
      codes,
      levels: codes.map(() => 64),
      ordered: codes.map(() => true),
      missing: codes.map(() => 1),
    };
    for (const estimator of ["likelihood", "scores"] as const) {
      const { matrix } = latentCorrelations(table, latents, { columns, estimator });
      const m = latents.length;
      const value = (j: number): number => columns[j]!.value;
      const at = (a: number, b: number): number => matrix[value(a) * m + value(b)]!;
      // Standard errors are below .012; 5 of them.
      for (const [a, b] of [
        [0, 1],
        [2, 3],
        [0, 3],
        [2, 4],
        [0, 4],
      ] as const)
        assert.ok(Math.abs(at(a, b) - rho) < 0.06, `${estimator} ${a} ${b}: ${at(a, b)} for ${rho}`);
    }
  }
});

test("two columns: the chance of every pair of codes is the bivariate normal's, and drawn rows agree (χ²)", () => {
  const table = pairRows(4000, 3);
  const model = fit(table);
  const cells = [0, 1, 2].flatMap((a) => [0, 1, 2, 3].map((b) => [a, b] as const));
  const rho = model.correlation[1]!;
  const [x, y] = [model.latents[0]!.cuts, model.latents[1]!.cuts];
  const want = cells.map(
    ([a, b]) =>
      bivariateNormalCdf(x[a + 1]!, y[b + 1]!, rho) -
      bivariateNormalCdf(x[a]!, y[b + 1]!, rho) -
      bivariateNormalCdf(x[a + 1]!, y[b]!, rho) +
      bivariateNormalCdf(x[a]!, y[b]!, rho),
  );
  const got = logEvidenceGaussianCopula({ model, rows: cells.length, evidence: givenParts(cells, []) });
  got.forEach((log, i) => {
    assert.ok(Math.abs(Math.exp(log) - want[i]!) < 0.002, `${Math.exp(log)} ${want[i]}`);
  });
  const rows = 40_000;
  const drawn = drawCodes({ model, rows, evidence: noEvidence, key });
  checkCounts(cells.map(([a, b], i) => [countRows(drawn, [a, b]), want[i]! * rows]));
  // Given one column, the other: exactly, for one latent variable is bounded.
  const given = drawCodes({ model, rows, evidence: givenParts(new Array(rows).fill([1, -1]), []), key });
  const row = cells.flatMap(([a, b], i) => (a === 1 ? [[b, want[i]!] as const] : []));
  const total = row.reduce((sum, [, chance]) => sum + chance, 0);
  checkCounts(row.map(([b, chance]) => [countRows(given, [1, b]), (chance / total) * rows]));
});

describe("conditions on several columns", () => {
  const table = mixedRows(3000, 4);
  const model = fit(table);
  const rows = 400_000;
  const free = drawCodes({ model, rows, evidence: noEvidence, key });
  const weights = [undefined, Float64Array.of(0.5, 1, 0.2, 0, 1, 1), undefined, Float64Array.of(1, 0.4, 0)];
  for (const [title, ask, asked] of [
    ["known codes", [-1, 2, -1, 1, -1], []],
    ["a missing cell and a code", [1, 0, -1, -1, -1], []],
    ["chances of codes", [-1, -1, -1, -1, -1], weights],
    ["chances of codes, every row to be drawn", [-1, -1, 1, -1, -1], weights],
    ["codes and chances", [2, -1, -1, -1, 1], weights],
  ] as const)
    test(`${title}: rows drawn agree with free rows that were accepted (two-sample χ²), and so does the evidence`, () => {
      const evidence: CodeEvidence = ask.some((code) => code >= 0)
        ? givenParts(new Array(20_000).fill(ask), asked)
        : { weights: asked };
      const drawn = drawCodes({ model, rows: 20_000, evidence, key });
      const random = randomFromSeed(9);
      const kept: number[] = [];
      let mean = 0;
      for (let row = 0; row < rows; row++) {
        const chance = agreement(
          free.map((column) => column[row]!),
          ask,
          asked,
        );
        mean += chance / rows;
        if (random.uniform() < chance) kept.push(row);
      }
      assert.ok(kept.length > 2000);
      // Pairs of the columns that were not fixed, and every column that was asked for by chances.
      for (let a = 0; a < 5; a++)
        for (let b = 0; b < a; b++)
          checkSame(
            (row) => free[a]![kept[row]!]! * 8 + free[b]![kept[row]!]!,
            (row) => drawn[a]![row]! * 8 + drawn[b]![row]!,
            [kept.length, drawn[0]!.length],
          );
      const [log] = logEvidenceGaussianCopula({ model, rows: 1, evidence });
      // Five standard errors of the share, and what the integration may miss.
      const tolerance = (evidence.given ? 0.05 : 0.01) + 5 / Math.sqrt(mean * rows);
      assert.ok(Math.abs(Math.exp(log!) / mean - 1) < tolerance, `${Math.exp(log!)} ${mean}`);
    });

  test("nothing known has log probability 0, what cannot be −∞, everything known a finite one", () => {
    const d = table.codes.length;
    const log = (evidence: CodeEvidence, n: number): Float64Array =>
      logEvidenceGaussianCopula({ model, rows: n, evidence });
    assert.equal(log(noEvidence, 1)[0], 0);
    assert.equal(log({ weights: [new Float64Array(3)] }, 1)[0], Number.NEGATIVE_INFINITY);
    assert.equal(log(givenParts([[-1, 5, -1, -1, -1]], []), 1)[0], Number.NEGATIVE_INFINITY);
    const known = Array.from({ length: d }, () => new Uint8Array(table.rows).fill(1));
    assert.ok(log({ weights: [], given: { codes: table.codes, known } }, table.rows).every(Number.isFinite));
  });
});

test("categories are put in the order that carries their association", () => {
  const random = randomFromSeed(5);
  const n = 4000;
  // Labels 0 … 5 stand for the levels 3, 0, 5, 1, 4, 2 of a hidden order.
  const level = [3, 0, 5, 1, 4, 2];
  const label = Uint8Array.from({ length: n }, () => random.integer(6));
  const amount = Uint8Array.from(label, (code) =>
    Math.max(0, Math.min(19, Math.round(4 + 2 * level[code]! + 2 * random.normal()))),
  );
  const model = fit({ rows: n, codes: [label, amount], levels: [6, 20], ordered: [false, true], missing: [0, 0] });
  const found = [...model.latents[0]!.codes].map((code) => level[code]);
  const up = [0, 1, 2, 3, 4, 5];
  assert.ok(String(found) === String(up) || String(found) === String(up.reverse()), String(found));
  assert.ok(Math.abs(model.correlation[1]!) > 0.8);
});

describe("odd tables", () => {
  const odd: readonly (readonly [string, CodeRows])[] = [
    ["no rows", rowsOf([new Uint8Array(0), new Uint8Array(0)], { ordered: true, levels: 7 })],
    ["one row", rowsOf([Uint8Array.of(3), Uint8Array.of(0)], { ordered: true })],
    ["twenty rows", mixedRows(20, 2)],
    ["constant columns", rowsOf([new Uint8Array(30).fill(2), new Uint8Array(30).fill(5)], { ordered: false })],
    ["one column", rowsOf([Uint8Array.from({ length: 300 }, (_, i) => i % 200)], { ordered: true })],
    ["all missing", rowsOf([new Uint8Array(50), Uint8Array.from({ length: 50 }, (_, i) => i)], { ordered: true })],
    [
      "the same column three times",
      rowsOf(
        [0, 1, 2].map(() => Uint8Array.from({ length: 500 }, (_, i) => i % 50)),
        { ordered: true },
      ),
    ],
    [
      "more columns than rows",
      rowsOf(
        Array.from({ length: 60 }, (_, j) => Uint8Array.from({ length: 30 }, (_, i) => 1 + ((i * (j + 3)) % 7))),
        { ordered: true },
      ),
    ],
    [
      "200 labels",
      rowsOf(
        [0, 1].map(() => Uint8Array.from({ length: 900 }, (_, i) => i % 200)),
        { ordered: false },
      ),
    ],
  ];
  for (const [title, table] of odd)
    test(`${title}: only codes that occur are drawn, given some cells or none, and training rows have a chance`, () => {
      const model = fit(table);
      const known = table.codes.map((_, j) => new Uint8Array(table.rows).fill(j % 2));
      const all = known.map((column) => column.map(() => 1));
      for (const given of [undefined, { codes: table.codes, known }]) {
        const rows = given ? table.rows : 300;
        const drawn = drawCodes({ model, rows, evidence: { weights: [], given }, key });
        drawn.forEach((column, j) => {
          assert.equal(column.length, rows);
          const occur = new Set(table.codes[j]);
          if (table.rows > 0) assert.ok(column.every((code) => occur.has(code)));
          if (given?.known[j]?.[0] === 1) assert.deepEqual([...column], [...table.codes[j]!]);
        });
      }
      const evidence = { weights: [], given: { codes: table.codes, known: all } };
      assert.ok(logEvidenceGaussianCopula({ model, rows: table.rows, evidence }).every(Number.isFinite));
    });
});

test("same key, same rows; the model survives a structured clone", () => {
  const table = mixedRows(500, 1);
  const weights = [undefined, Float64Array.of(0.5, 1, 0.2, 0, 1, 1)];
  const draw = (model: GaussianCopulaModel): Uint8Array[] =>
    drawCodes({ model, rows: 200, evidence: { weights }, key });
  assert.deepEqual(draw(fit(table)), draw(structuredClone(fit(table))));
});

/** Five columns around one hidden variable; the second has missing cells that depend on it, and a code that never occurs. */
function mixedRows(rows: number, seed: number): CodeRows {
  const random = randomFromSeed(seed);
  const hidden = Float64Array.from({ length: rows }, () => random.normal());
  const cut = (share: number, cuts: readonly number[]): Uint8Array =>
    Uint8Array.from(hidden, (value) => {
      const z = share * value + Math.sqrt(1 - share * share) * random.normal();
      return cuts.filter((at) => z > at).length;
    });
  const amounts = cut(0.8, [-1, 0, 1]).map((code) => code + 1);
  const second = amounts.map((code, row) => (hidden[row]! + random.normal() > 1 ? 0 : code));
  return {
    rows,
    codes: [cut(0.7, [-0.5, 0.6]), second, cut(0.6, [0.2]), cut(0.8, [-0.3, 0.9]), cut(-0.5, [0.5])],
    levels: [3, 6, 2, 3, 2],
    ordered: [true, true, false, true, false],
    missing: [0, 1, 0, 0, 0],
  };
}

function pairRows(rows: number, seed: number): CodeRows {
  const random = randomFromSeed(seed);
  const a = Uint8Array.from({ length: rows }, () => random.integer(3));
  const b = a.map((x) => (random.uniform() < 0.5 ? x + random.integer(2) : random.integer(4)));
  return { rows, codes: [a, b], levels: [3, 4], ordered: [true, true], missing: [0, 0] };
}

function rowsOf(
  codes: readonly Uint8Array[],
  options: { readonly ordered: boolean; readonly levels?: number },
): CodeRows {
  return {
    rows: codes[0]!.length,
    codes,
    levels: codes.map((column) => options.levels ?? Math.max(1, ...column) + 1),
    ordered: codes.map(() => options.ordered),
    missing: codes.map(() => 1),
  };
}

/** Codes ≥ 0 are known. */
function givenParts(
  asks: readonly (readonly number[])[],
  weights: readonly (Float64Array | undefined)[],
): CodeEvidence {
  const d = asks[0]!.length;
  return {
    weights,
    given: {
      codes: Array.from({ length: d }, (_, j) => Uint8Array.from(asks, (ask) => Math.max(0, ask[j]!))),
      known: Array.from({ length: d }, (_, j) => Uint8Array.from(asks, (ask) => (ask[j]! >= 0 ? 1 : 0))),
    },
  };
}

function agreement(
  cell: readonly number[],
  ask: readonly number[],
  weights: readonly (Float64Array | undefined)[],
): number {
  return cell.reduce(
    (product, code, j) => product * (ask[j]! >= 0 ? (code === ask[j] ? 1 : 0) : (weights[j]?.[code] ?? 1)),
    1,
  );
}

function countRows(codes: readonly Uint8Array[], cell: readonly number[]): number {
  let count = 0;
  for (let row = 0; row < codes[0]!.length; row++) if (cell.every((code, j) => codes[j]![row] === code)) count++;
  return count;
}

function tally(column: Uint8Array, levels: number): Float64Array {
  const out = new Float64Array(levels);
  for (const code of column) out[code]!++;
  return out;
}

/** Pearson's χ² with cells of fewer than five expected rows put together. */
function checkCounts(cells: readonly (readonly [number, number])[]): void {
  let statistic = 0;
  let kept = 0;
  let few = [0, 0];
  for (const [got, want] of cells) {
    if (want === 0) assert.equal(got, 0);
    else if (want < 5) few = [few[0]! + got, few[1]! + want];
    else {
      statistic += (got - want) ** 2 / want;
      kept++;
    }
  }
  if (few[1]! > 5) {
    statistic += (few[0]! - few[1]!) ** 2 / few[1]!;
    kept++;
  }
  assert.ok(kept > 1);
  const limit = chiSquareQuantile(1 - FALSE_ALARM, kept - 1);
  assert.ok(statistic < limit, `χ² ${statistic} of ${kept} cells, at most ${limit}`);
}

/** χ² of two samples of small whole numbers. */
function checkSame(
  left: (row: number) => number,
  right: (row: number) => number,
  [n, m]: readonly [number, number],
): void {
  const a = new Float64Array(64);
  const b = new Float64Array(64);
  for (let row = 0; row < n; row++) a[left(row)]!++;
  for (let row = 0; row < m; row++) b[right(row)]!++;
  let statistic = 0;
  let kept = 0;
  a.forEach((count, value) => {
    const both = count + b[value]!;
    if (both < 10) return;
    statistic += (Math.sqrt(m / n) * count - Math.sqrt(n / m) * b[value]!) ** 2 / both;
    kept++;
  });
  if (kept < 2) return;
  const limit = chiSquareQuantile(1 - FALSE_ALARM, kept - 1);
  assert.ok(statistic < limit, `χ² ${statistic} of ${kept} values, at most ${limit}`);
}
