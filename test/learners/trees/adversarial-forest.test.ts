import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CodeEvidence, CodeRows } from "../../../src/learners/code-rows.ts";
import {
  type AdversarialForestFit,
  type AdversarialForestOptions,
  drawAdversarialForest,
  fitAdversarialForest,
  growForestTree,
  logEvidenceAdversarialForest,
  planAdversarialForest,
} from "../../../src/learners/trees/adversarial-forest.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";

/** Code 1 of column 1 and code 3 of column 2 never occur; column 0 has two ways of being missing. */
const LEVELS = [5, 4, 4, 2] as const;

test("a row's probability sums to 1 over all rows there can be, and is 0 exactly for codes that never occur", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom<Criterion>("likelihood", "adversary"), (seed, criterion) => {
      const rows = smallRows(150, seed);
      const model = fitAdversarialForest({ rows, options: { ...SMALL, criterion }, key: randomFromSeed(seed).key });
      const domain = allRows();
      const logs = logEvidenceAdversarialForest({ model, rows: domain.count, evidence: allGiven(domain) });
      const occurs = LEVELS.map((levels, j) => Array.from({ length: levels }, (_, c) => rows.codes[j]!.includes(c)));
      let total = 0;
      for (let i = 0; i < domain.count; i++) {
        total += Math.exp(logs[i]!);
        assert.equal(
          logs[i]! > -Infinity,
          LEVELS.every((_, j) => occurs[j]![domain.codes[j]![i]!]),
        );
      }
      assert.ok(Math.abs(total - 1) < 1e-9, String(total));
    }),
    { numRuns: 25, seed: 1 },
  );
});

test("the probability of evidence is the sum over the rows that meet it, by weights and by given cells", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      const random = randomFromSeed(seed);
      const model = fitAdversarialForest({ rows: smallRows(150, seed), options: SMALL, key: random.key });
      const evidence = randomEvidence(random.split("evidence"), 20);
      const logs = logEvidenceAdversarialForest({ model, rows: 20, evidence });
      const masses = massesOf(model);
      for (let row = 0; row < 20; row++) {
        let total = 0;
        masses.forEach((mass, i) => {
          total += mass * factorOf(evidence, row, i);
        });
        assert.ok(Math.abs(Math.exp(logs[row]!) - total) < 1e-9);
      }
      const { weights } = evidence;
      const common = logEvidenceAdversarialForest({ model, rows: 1, evidence: { weights } });
      let total = 0;
      masses.forEach((mass, i) => {
        total += mass * factorOf({ weights }, 0, i);
      });
      assert.ok(Math.abs(Math.exp(common[0]!) - total) < 1e-9);
    }),
    { numRuns: 40, seed: 2 },
  );
});

test("rows are drawn from the model given the evidence: χ² under its 1e-6 quantile, five kinds of evidence", () => {
  const model = fitAdversarialForest({ rows: smallRows(400, 7), options: SMALL, key: randomFromSeed(7).key });
  const masses = massesOf(model);
  const half = Float64Array.of(1, 0, 0.5, 0.25, 1);
  const pair = Float64Array.of(0.5, 1, 0, 1);
  const only = (j: number, code: number): CodeEvidence["given"] => ({
    codes: LEVELS.map((_, k) => new Uint8Array(DRAWS).fill(k === j ? code : 0)),
    known: LEVELS.map((_, k) => new Uint8Array(DRAWS).fill(k === j ? 1 : 0)),
  });
  const kinds: readonly CodeEvidence[] = [
    { weights: [] },
    { weights: [half] },
    { weights: [half, undefined, pair] },
    { weights: [], given: only(1, 2) },
    { weights: [half, undefined, pair], given: only(2, 0) },
  ];
  kinds.forEach((evidence, kind) => {
    const codes = drawAdversarialForest({ model, rows: DRAWS, evidence, key: randomFromSeed(8 + kind).key });
    const counts = new Float64Array(masses.length);
    for (let row = 0; row < DRAWS; row++) {
      const at = indexOf(codes.map((column) => column[row]!));
      counts[at] = counts[at]! + 1;
    }
    const chances = masses.map((mass, i) => mass * factorOf(evidence, 0, i));
    const total = chances.reduce((sum, x) => sum + x, 0);
    let chi = 0;
    let cells = 0;
    let rare = 0;
    let rareCount = 0;
    chances.forEach((chance, i) => {
      const expected = (DRAWS * chance) / total;
      if (expected === 0) assert.equal(counts[i], 0);
      else if (expected < 10) {
        rare += expected;
        rareCount += counts[i]!;
      } else {
        chi += (counts[i]! - expected) ** 2 / expected;
        cells++;
      }
    });
    if (rare >= 10) {
      chi += (rareCount - rare) ** 2 / rare;
      cells++;
    }
    assert.ok(cells > 3 && chi < chiSquareQuantile(cells), `kind ${kind}: ${chi} on ${cells} cells`);
  });
});

test("given cells stay as they are, also those that the model holds impossible", () => {
  const model = fitAdversarialForest({ rows: smallRows(100, 3), options: SMALL, key: randomFromSeed(3).key });
  const codes = LEVELS.map((_, j) => new Uint8Array(50).fill(j === 1 ? 1 : 0));
  const known = LEVELS.map((_, j) => new Uint8Array(50).fill(j === 1 ? 1 : 0));
  const out = drawAdversarialForest({
    model,
    rows: 50,
    evidence: { weights: [], given: { codes, known } },
    key: [1, 2, 3, 4],
  });
  assert.ok(out[1]!.every((code) => code === 1));
  assert.ok(out[0]!.some((code) => code !== out[0]![0]));
});

test("what belongs together stays together: columns of noisy copies keep nine tenths of their mutual agreement", () => {
  const n = 4000;
  const random = randomFromSeed(11);
  const first = Uint8Array.from({ length: n }, () => random.integer(6));
  const noisy = (codes: Uint8Array): Uint8Array =>
    codes.map((code) => (random.uniform() < 0.9 ? code : random.integer(6)));
  const second = noisy(first);
  const third = noisy(second);
  const rows = codeRows([first, second, third], { levels: [6, 6, 6], ordered: [false, true, false] });
  const agreement = (codes: readonly Uint8Array[], a: number, b: number): number =>
    codes[a]!.reduce((sum, code, i) => sum + Number(code === codes[b]![i]), 0) / codes[a]!.length;
  for (const criterion of ["likelihood", "adversary"] as const) {
    const model = fitAdversarialForest({ rows, options: { criterion }, key: randomFromSeed(1).key });
    const out = drawAdversarialForest({ model, rows: n, evidence: { weights: [] }, key: randomFromSeed(2).key });
    for (const [a, b] of [
      [0, 1],
      [1, 2],
      [0, 2],
    ] as const) {
      const chance = 1 / 6;
      const kept = (agreement(out, a, b) - chance) / (agreement(rows.codes, a, b) - chance);
      assert.ok(kept > 0.9 && kept < 1.05, `${criterion}, columns ${a} and ${b}: ${kept}`);
    }
  }
});

test("the published game: permuted rows are told from dependent ones, and the second forest's task is harder; independent columns end it at once", () => {
  const n = 2000;
  const random = randomFromSeed(5);
  const a = Uint8Array.from({ length: n }, () => random.integer(8));
  const b = Uint8Array.from({ length: n }, () => random.integer(8));
  const options = { criterion: "adversary", tolerance: 0.03 } as const;
  const dependent = codeRows([a, a.slice(), b], { levels: [8, 8, 8], ordered: [true, true, true] });
  const told = fitOf(dependent, options);
  assert.ok(told.accuracies[0]! > 0.6, String(told.accuracies));
  assert.ok(told.accuracies[1]! < told.accuracies[0]! - 0.1, String(told.accuracies));
  const independent = codeRows([a, b], { levels: [8, 8], ordered: [true, true] });
  const untold = fitOf(independent, options);
  // 4,000 votes at one half have a standard error of .008: .03 above is passed once in ten thousand.
  assert.deepEqual([untold.accuracies.length, untold.kept], [1, 0]);
});

test("leaves of its own let a rare class keep a relation that is lost without them", () => {
  const n = 3000;
  const random = randomFromSeed(13);
  const target = Uint8Array.from({ length: n }, () => Number(random.uniform() < 0.03));
  const x = Uint8Array.from(target, (rare) => (rare ? 190 + random.integer(10) : random.integer(200)));
  const noise = Array.from({ length: 3 }, () => Uint8Array.from({ length: n }, () => random.integer(30)));
  const copies = noise.map((column) => column.map((code) => (random.uniform() < 0.9 ? code : random.integer(30))));
  const rows = codeRows([target, x, ...noise, ...copies], {
    levels: [2, 200, ...Array.from({ length: 6 }, () => 30)],
    ordered: [false, ...Array.from({ length: 7 }, () => true)],
  });
  const shareInTail = (rareColumn: number): number => {
    const model = fitAdversarialForest({ rows, options: { rareColumn, trees: 3 }, key: randomFromSeed(1).key });
    const out = drawAdversarialForest({
      model,
      rows: 2000,
      evidence: { weights: [Float64Array.of(0, 1)] },
      key: randomFromSeed(2).key,
    });
    assert.ok(out[0]!.every((code) => code === 1));
    return out[1]!.reduce((sum, code) => sum + Number(code >= 190), 0) / 2000;
  };
  const [own, common] = [shareInTail(0), shareInTail(-1)];
  assert.ok(own > 0.9 && common < 0.7, `${own} and ${common}`);
});

test("no rows, one row, one column, constant columns: every draw is a code that occurs", () => {
  const key = randomFromSeed(1).key;
  for (const count of [0, 1, 2, 20]) {
    const rows = codeRows([new Uint8Array(count).fill(2), Uint8Array.from({ length: count }, (_, i) => i % 3)], {
      levels: [4, 3],
      ordered: [true, false],
    });
    for (const criterion of ["likelihood", "adversary"] as const) {
      const model = fitAdversarialForest({ rows, options: { criterion, minNodeSize: 1 }, key });
      const out = drawAdversarialForest({ model, rows: 30, evidence: { weights: [] }, key });
      assert.ok(out[0]!.every((code) => code === (count === 0 ? 0 : 2)));
      assert.ok(out[1]!.every((code) => count === 0 || rows.codes[1]!.includes(code)));
    }
  }
  const single = codeRows([Uint8Array.of(0, 1, 1)], { levels: [2], ordered: [true] });
  const model = fitAdversarialForest({ rows: single, key });
  const evidence = { weights: [], given: { codes: [Uint8Array.of(0, 1)], known: [Uint8Array.of(1, 1)] } };
  const logs = logEvidenceAdversarialForest({ model, rows: 2, evidence });
  assert.ok(Math.abs(Math.exp(logs[0]!) - 1 / 3) < 1e-12 && Math.abs(Math.exp(logs[1]!) - 2 / 3) < 1e-12);
});

test("beyond fitRows the trees see a sample, and codes that only the rest holds keep their share", () => {
  const n = 3000;
  const first = new Uint8Array(n).map((_, i) => (i === 5 ? 3 : i % 2));
  const rows = codeRows([first, first.slice()], { levels: [4, 4], ordered: [false, false] });
  const fit = fitOf(rows, { fitRows: 500 });
  assert.equal(fit.fitRows, 500);
  const log = logEvidenceAdversarialForest({
    model: fit.model,
    rows: 1,
    evidence: { weights: [Float64Array.of(0, 0, 0, 1)] },
  });
  assert.ok(log[0]! > -Infinity);
});

type Criterion = AdversarialForestOptions["criterion"];

const SMALL: Partial<AdversarialForestOptions> = { trees: 3, minNodeSize: 4, groups: 3, rounds: 2 };
const DRAWS = 40_000;

function codeRows(
  codes: readonly Uint8Array[],
  shape: {
    readonly levels: readonly number[];
    readonly ordered: readonly boolean[];
    readonly missing?: readonly number[];
  },
): CodeRows {
  return { rows: codes[0]!.length, codes, missing: codes.map(() => 0), ...shape };
}

function smallRows(n: number, seed: number): CodeRows {
  const random = randomFromSeed(seed).split("rows");
  const last = Uint8Array.from({ length: n }, () => random.integer(2));
  const first = last.map((bit) => (random.uniform() < 0.2 ? random.integer(2) : 2 + ((bit + random.integer(2)) % 3)));
  const second = last.map((bit) => (random.uniform() < 0.3 ? 0 : 2 + bit));
  const third = first.map((code) => (random.uniform() < 0.5 ? random.integer(3) : code % 3));
  return codeRows([first, second, third, last], {
    levels: LEVELS,
    ordered: [true, false, true, false],
    missing: [2, 1, 0, 0],
  });
}

function fitOf(rows: CodeRows, options: Partial<AdversarialForestOptions>): AdversarialForestFit {
  const plan = planAdversarialForest({ rows, options, key: randomFromSeed(1).key });
  let step = plan.next([]);
  while (!step.done) step = plan.next(step.value.map(growForestTree));
  return step.value;
}

const DOMAIN = LEVELS.reduce<number>((product, levels) => product * levels, 1);

function allRows(): { readonly count: number; readonly codes: readonly Uint8Array[] } {
  const codes = LEVELS.map(() => new Uint8Array(DOMAIN));
  for (let i = 0; i < DOMAIN; i++) {
    let rest = i;
    LEVELS.forEach((levels, j) => {
      codes[j]![i] = rest % levels;
      rest = Math.floor(rest / levels);
    });
  }
  return { count: DOMAIN, codes };
}

function indexOf(row: readonly number[]): number {
  let at = 0;
  for (let j = LEVELS.length - 1; j >= 0; j--) at = at * LEVELS[j]! + row[j]!;
  return at;
}

function allGiven(domain: { readonly count: number; readonly codes: readonly Uint8Array[] }): CodeEvidence {
  return {
    weights: [],
    given: { codes: domain.codes, known: domain.codes.map(() => new Uint8Array(domain.count).fill(1)) },
  };
}

function massesOf(model: AdversarialForestFit["model"]): number[] {
  const domain = allRows();
  return [...logEvidenceAdversarialForest({ model, rows: domain.count, evidence: allGiven(domain) })].map(Math.exp);
}

const DOMAIN_CODES = allRows().codes;

/** What evidence multiplies the probability of the i-th row of the domain by. */
function factorOf(evidence: CodeEvidence, row: number, i: number): number {
  let factor = 1;
  LEVELS.forEach((_, j) => {
    const code = DOMAIN_CODES[j]![i]!;
    if (evidence.given?.known[j]?.[row]) factor *= Number(evidence.given.codes[j]![row] === code);
    else factor *= evidence.weights[j]?.[code] ?? 1;
  });
  return factor;
}

function randomEvidence(random: Random, rows: number): CodeEvidence {
  return {
    weights: LEVELS.map((levels) =>
      random.uniform() < 0.5 ? undefined : Float64Array.from({ length: levels }, () => random.uniform()),
    ),
    given: {
      codes: LEVELS.map((levels) => Uint8Array.from({ length: rows }, () => random.integer(levels))),
      known: LEVELS.map(() => Uint8Array.from({ length: rows }, () => random.integer(2))),
    },
  };
}

/** Wilson and Hilferty's cube root, at one in a million; `cells` − 1 degrees of freedom. */
function chiSquareQuantile(cells: number): number {
  const k = cells - 1;
  return k * (1 - 2 / (9 * k) + 4.7534 * Math.sqrt(2 / (9 * k))) ** 3;
}
