import assert from "node:assert/strict";
import { test } from "node:test";
import type { CodeEvidence } from "../../../src/learners/code-rows.ts";
import { growCart, leafOf } from "../../../src/learners/trees/cart.ts";
import { type ChainStep, drawTreeChain, type TreeChain } from "../../../src/learners/trees/tree-chain.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";

/** Column 0: codes 0 to 2. Column 1: missing (0) or 1 to 3, in two steps. Column 2: codes 0 and 1. */
const LEVELS = [3, 4, 2] as const;

test("rows are drawn with the chances that the trees hold", () => {
  const model = chainOf(randomFromSeed(1), 1);
  checkFrequencies(model, { weights: [] }, 2);
});

test("a forest's chances are the mean of its trees'", () => {
  const model = chainOf(randomFromSeed(3), 3);
  assert.ok(model.steps.some(({ trees }) => trees.length === 3));
  checkFrequencies(model, { weights: [] }, 4);
});

test("accepted rows have the chances given the weights, and are as many as the chance to pass says", () => {
  for (const [seed, weights] of [
    [5, [undefined, undefined, Float64Array.of(1, 0)]],
    [6, [Float64Array.of(0.2, 1, 0), undefined, undefined]],
    [7, [undefined, Float64Array.of(0.5, 0, 1, 0.3), Float64Array.of(0.1, 1)]],
  ] as const)
    checkFrequencies(chainOf(randomFromSeed(seed), 2), { weights }, seed + 10);
});

test("weights that the leaves meet alike waste no row", () => {
  const model = chainOf(randomFromSeed(8), 1);
  const drawn = drawTreeChain({
    model,
    rows: 1000,
    evidence: { weights: [Float64Array.of(0, 1, 0)] },
    key: randomFromSeed(9).key,
  });
  // The first column has one leaf: each row passes, however rare the code.
  assert.ok("accepted" in drawn && drawn.accepted.every((kept) => kept === 1));
  assert.ok(drawn.codes[0]?.every((code) => code === 1));
});

test("known cells stay, and the unknown ones before them have the chances given them", () => {
  const model = chainOf(randomFromSeed(10), 1);
  const rows = 60_000;
  const known = [new Uint8Array(rows), new Uint8Array(rows), new Uint8Array(rows).fill(1)];
  const codes = LEVELS.map(() => new Uint8Array(rows));
  codes[2]!.fill(1);
  const evidence: CodeEvidence = { weights: [], given: { codes, known } };
  const drawn = drawTreeChain({ model, rows, evidence, key: randomFromSeed(11).key });
  assert.ok(Array.isArray(drawn));
  assert.ok(drawn[2]?.every((code) => code === 1));
  const expected = jointOf(model).map((p, cell) => (cell % 2 === 1 ? p : 0));
  const total = expected.reduce((sum, p) => sum + p, 0);
  const seen = new Float64Array(expected.length);
  for (let i = 0; i < rows; i++) seen[cellOf(drawn, i)]! += 1 / rows;
  const distance = seen.reduce((sum, share, cell) => sum + Math.abs(share - expected[cell]! / total) / 2, 0);
  // Without the known cells the distance is what the prior differs by; with 30 candidates some per cent of it stay, and .01 is chance.
  const prior = jointOf(model);
  const blind = new Float64Array(expected.length);
  for (let cell = 0; cell < prior.length; cell += 2) blind[cell + 1] = prior[cell]! + prior[cell + 1]!;
  const unheeded = blind.reduce((sum, share, cell) => sum + Math.abs(share - expected[cell]! / total) / 2, 0);
  assert.ok(unheeded > 0.1, `the case tells nothing: ${unheeded}`);
  assert.ok(distance < 0.015, `${distance}`);
});

test("a cell that its weights forbid in a leaf is filled from the whole column", () => {
  // Column 0 is known and its leaf has no present cell of column 1: it is filled all the same.
  const tree = { feature: Int16Array.of(0, -1, -1), cut: Int32Array.of(0, 0, 1), right: Int32Array.of(2, -1, -1) };
  const one = { feature: Int16Array.of(-1), cut: Int32Array.of(0), right: Int32Array.of(-1) };
  const base = { scores: [], ordered: false, missingCodes: 1 };
  const sets = new Uint32Array(0);
  const model: TreeChain = {
    columns: 2,
    steps: [
      {
        ...{ ...base, missingCodes: 0, column: 0, part: "whole", predictors: [] },
        trees: [{ tree: { ...one, sets, leafStart: Uint32Array.of(0, 4) }, codes: Uint8Array.of(0, 0, 1, 1) }],
      },
      {
        ...{ ...base, column: 1, part: "whole", predictors: [0] },
        trees: [{ tree: { ...tree, sets, leafStart: Uint32Array.of(0, 2, 4) }, codes: Uint8Array.of(0, 0, 1, 2) }],
      },
    ],
  };
  const drawn = drawTreeChain({
    model,
    rows: 50,
    evidence: {
      weights: [undefined, Float64Array.of(0, 1, 1)],
      given: {
        codes: [new Uint8Array(50), new Uint8Array(50)],
        known: [new Uint8Array(50).fill(1), new Uint8Array(50)],
      },
    },
    key: randomFromSeed(12).key,
  });
  assert.ok(Array.isArray(drawn) && drawn[1]?.every((code) => code > 0));
});

test("without training rows every cell is the first code", () => {
  const model = chainOf(randomFromSeed(13), 1, 0);
  const drawn = drawTreeChain({ model, rows: 5, evidence: { weights: [] }, key: randomFromSeed(1).key });
  assert.ok(Array.isArray(drawn));
  assert.deepEqual([...(drawn[0] as Uint8Array)], [0, 0, 0, 0, 0]);
});

/** Chi-squared of the drawn rows against the enumerated chances, at a false-alarm rate of 1e-6. */
function checkFrequencies(model: TreeChain, evidence: CodeEvidence, seed: number): void {
  const rows = 40_000;
  const drawn = drawTreeChain({ model, rows, evidence, key: randomFromSeed(seed).key });
  const codes = "accepted" in drawn ? drawn.codes : drawn;
  const counts = new Float64Array(24);
  let kept = 0;
  for (let i = 0; i < rows; i++) {
    if ("accepted" in drawn && !drawn.accepted[i]) continue;
    kept++;
    counts[cellOf(codes, i)]!++;
  }
  const weighed = jointOf(model).map(
    (p, cell) => p * codesOf(cell).reduce((product, code, j) => product * (evidence.weights[j]?.[code] ?? 1), 1),
  );
  const passing = weighed.reduce((sum, p) => sum + p, 0);
  assert.ok(kept >= 0.98 * passing * rows, `${kept} kept, ${passing} pass`);
  let statistic = 0;
  let cells = 0;
  weighed.forEach((p, cell) => {
    if (p === 0) assert.equal(counts[cell], 0);
    else {
      const expected = (kept * p) / passing;
      statistic += (counts[cell]! - expected) ** 2 / expected;
      cells++;
    }
  });
  // Wilson and Hilferty's approximation of the quantile; 4.75 standard deviations leave 1e-6.
  const df = cells - 1;
  const limit = df * (1 - 2 / (9 * df) + 4.753 * Math.sqrt(2 / (9 * df))) ** 3;
  assert.ok(statistic < limit, `chi-squared ${statistic} of ${limit}, ${cells} cells`);
}

/** The chance of every row of codes, by enumeration. */
function jointOf(model: TreeChain): Float64Array {
  return Float64Array.from({ length: 24 }, (_, cell) => {
    const codes = codesOf(cell);
    const drawn: number[] = [];
    let chance = 1;
    for (const step of model.steps) {
      const code = codes[step.column] as number;
      const own = step.part === "missing" ? Math.min(code, step.missingCodes) : code;
      drawn.push(own);
      if (step.part === "present" && code < step.missingCodes) continue;
      const asked = step.predictors.map((p) => Uint8Array.of(drawn[p] as number));
      let mean = 0;
      for (const { tree, codes: donors } of step.trees) {
        const leaf = leafOf(tree, asked, 0);
        const held = donors.subarray(tree.leafStart[leaf], tree.leafStart[leaf + 1]);
        mean += held.filter((other) => other === own).length / held.length / step.trees.length;
      }
      chance *= mean;
    }
    return chance;
  });
}

function codesOf(cell: number): number[] {
  return [cell >> 3, (cell >> 1) & 3, cell & 1];
}

function cellOf(codes: readonly Uint8Array[], row: number): number {
  return (codes[0]![row]! << 3) | (codes[1]![row]! << 1) | codes[2]![row]!;
}

/** A chain grown on random rows in which each column tells something of the next. */
function chainOf(random: Random, forest: number, rows = 600): TreeChain {
  const first = Uint8Array.from({ length: rows }, () => random.integer(3));
  const second = first.map((code) => (random.uniform() < 0.3 ? 0 : 1 + ((code + random.integer(2)) % 3)));
  const third = second.map((code, i) => (random.uniform() < 0.2 + 0.2 * code ? 1 : 0) ^ (first[i] === 0 ? 1 : 0));
  const state = second.map((code) => Math.min(code, 1));
  const all = Uint32Array.from({ length: rows }, (_, i) => i);
  const stepOf = (
    step: Pick<ChainStep, "column" | "part" | "missingCodes" | "predictors">,
    how: { readonly classes: Uint8Array; readonly asked: readonly Uint8Array[]; readonly rows: Uint32Array },
  ): ChainStep => ({
    ...step,
    ordered: false,
    scores: [],
    trees: Array.from({ length: how.asked.length > 0 ? forest : 1 }, (_, k) => {
      const own = forest === 1 ? how.rows : how.rows.filter((_row, i) => i % forest !== k);
      const { tree, rows: leaves } = growCart(
        { codes: how.asked, ordered: how.asked.map(() => false) },
        { kind: "classes", classes: how.classes, count: 4 },
        own,
        { minLeaf: 10, price: 0 },
      );
      return { tree, codes: Uint8Array.from(leaves, (row) => how.classes[row] as number) };
    }),
  });
  return {
    columns: 3,
    steps: [
      stepOf({ column: 0, part: "whole", missingCodes: 0, predictors: [] }, { classes: first, asked: [], rows: all }),
      stepOf(
        { column: 1, part: "missing", missingCodes: 1, predictors: [0] },
        { classes: state, asked: [first], rows: all },
      ),
      stepOf(
        { column: 1, part: "present", missingCodes: 1, predictors: [0] },
        { classes: second, asked: [first], rows: all.filter((row) => second[row] !== 0) },
      ),
      stepOf(
        { column: 2, part: "whole", missingCodes: 0, predictors: [0, 2] },
        { classes: third, asked: [first, second], rows: all },
      ),
    ],
  };
}
