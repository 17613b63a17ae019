import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fillLeaves, growCart, leafOf, type Predictors, type Response } from "../../../src/learners/trees/cart.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";

test("a split of an ordered predictor is the best of all cuts, for numbers and for classes", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom("number", "classes"), (seed, kind) => {
      const { predictors, response, rows } = randomTask(seed, { kind, ordered: true, classes: 4 });
      const { tree } = growCart(predictors, response, rows, { minLeaf: 3, price: 0 });
      checkRoot(tree, predictors, response, bestByBruteForce(predictors, response, rows, 3, thresholds));
    }),
    { numRuns: 150, seed: 1 },
  );
});

test("a split of an unordered predictor is the best of all subsets, for numbers and for two classes", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom("number", "classes"), (seed, kind) => {
      const { predictors, response, rows } = randomTask(seed, { kind, ordered: false, classes: 2 });
      const { tree } = growCart(predictors, response, rows, { minLeaf: 3, price: 0 });
      checkRoot(tree, predictors, response, bestByBruteForce(predictors, response, rows, 3, subsets));
    }),
    { numRuns: 150, seed: 2 },
  );
});

test("every leaf holds at least minLeaf rows, every row lies in the leaf that it walks to, and no row is lost", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 12 }), fc.boolean(), (seed, minLeaf, ordered) => {
      const { predictors, response, rows } = randomTask(seed, { kind: "classes", ordered, classes: 5, rows: 200 });
      const { tree, rows: leafRows } = growCart(predictors, response, rows, { minLeaf, price: 0 });
      for (let k = 0; k + 1 < tree.leafStart.length; k++) {
        const members = leafRows.subarray(tree.leafStart[k]!, tree.leafStart[k + 1]!);
        assert.ok(members.length >= minLeaf);
        for (const row of members) assert.equal(leafOf(tree, predictors.codes, row), k);
      }
      assert.deepEqual(
        [...leafRows].sort((a, b) => a - b),
        [...rows],
      );
      assert.deepEqual(fillLeaves(tree, predictors.codes, rows).tree.leafStart, tree.leafStart);
    }),
    { numRuns: 60, seed: 3 },
  );
});

test("on pure noise the price refuses splits at the rate that it promises", () => {
  // Union bound: of c cuts tried, each passes with P(χ²₁ ≥ 1 + 2 log c); here c = 2 × 19, so at most 38 × .00407 = .155 of the tables.
  const random = randomFromSeed(4);
  const tables = 400;
  const split = { number: 0, classes: 0 };
  for (let i = 0; i < tables; i++) {
    const own = random.split(i);
    const codes = [0, 1].map(() => Uint8Array.from({ length: 400 }, () => own.integer(20)));
    const predictors = { codes, ordered: [true, true] };
    const rows = Uint32Array.from({ length: 400 }, (_, r) => r);
    const number: Response = { kind: "number", values: Float64Array.from(rows, () => own.normal()) };
    const classes: Response = { kind: "classes", classes: Uint8Array.from(rows, () => own.integer(2)), count: 2 };
    if (growCart(predictors, number, rows, { minLeaf: 20, price: 1 }).tree.feature[0] !== -1) split.number++;
    if (growCart(predictors, classes, rows, { minLeaf: 20, price: 1 }).tree.feature[0] !== -1) split.classes++;
  }
  // Five standard errors above the bound: a false alarm below one in a million.
  const most = tables * 0.155 + 5 * Math.sqrt(tables * 0.155 * 0.845);
  assert.ok(split.number <= most, `${split.number} of ${tables} split`);
  assert.ok(split.classes <= most, `${split.classes} of ${tables} split`);
});

test("a learned predictor is charged for its own cuts, any other for the cuts of all", () => {
  const random = randomFromSeed(6);
  const n = 600;
  const rows = Uint32Array.from({ length: n }, (_, i) => i);
  const noise = Array.from({ length: 40 }, () => Uint8Array.from(rows, () => random.integer(20)));
  const own = Uint8Array.from(rows, () => random.integer(20));
  const codes = [...noise, own];
  const draws = Float64Array.from(rows, () => random.normal());
  const seen = { refused: 0, learnedOnly: 0, both: 0 };
  for (let shift = 0; shift <= 0.6; shift += 0.02) {
    const values = draws.map((value, i) => value + shift * (own[i]! > 9 ? 1 : 0));
    const isCut = (learnedFrom?: number): boolean => {
      const options = { minLeaf: 20, price: 1, ...(learnedFrom === undefined ? {} : { learnedFrom }) };
      const { tree } = growCart({ codes, ordered: codes.map(() => true) }, { kind: "number", values }, rows, options);
      return tree.feature[0] === 40;
    };
    const gains = Array.from({ length: 19 }, (_, cut) => likelihoodRatio(values, (i) => own[i]! <= cut));
    const gain = Math.max(...gains);
    assert.equal(isCut(40), gain > 1 + 2 * Math.log(19));
    assert.equal(isCut(), gain > 1 + 2 * Math.log(19 * 41));
    seen[isCut() ? "both" : isCut(40) ? "learnedOnly" : "refused"]++;
  }
  assert.ok(seen.refused > 0 && seen.learnedOnly > 0 && seen.both > 0);
});

/** Of two normal means against one, with a common variance. */
function likelihoodRatio(values: Float64Array, isLeft: (i: number) => boolean): number {
  const spread = (part: Float64Array): number => {
    const middle = part.reduce((sum, value) => sum + value, 0) / part.length;
    return part.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  };
  const within = spread(values.filter((_, i) => isLeft(i))) + spread(values.filter((_, i) => !isLeft(i)));
  return values.length * Math.log(spread(values) / within);
}

test("a relation is found at the same price", () => {
  const random = randomFromSeed(5);
  const x = Uint8Array.from({ length: 2000 }, () => random.integer(30));
  const noise = Uint8Array.from({ length: 2000 }, () => random.integer(30));
  const values = Float64Array.from(x, (code) => (code > 12 ? 1 : 0) + random.normal() / 2);
  const rows = Uint32Array.from(x, (_, i) => i);
  const { tree } = growCart({ codes: [noise, x], ordered: [true, true] }, { kind: "number", values }, rows, {
    minLeaf: 20,
    price: 1,
  });
  assert.equal(tree.feature[0], 1);
  assert.equal(tree.cut[0], 12);
});

test("no rows, one row and no predictors give one leaf", () => {
  const none: Predictors = { codes: [], ordered: [] };
  const response: Response = { kind: "classes", classes: Uint8Array.of(3), count: 4 };
  for (const rows of [new Uint32Array(0), Uint32Array.of(0)]) {
    const { tree } = growCart(none, response, rows, { minLeaf: 1, price: 0 });
    assert.deepEqual([...tree.feature], [-1]);
    assert.deepEqual([...tree.leafStart], [0, rows.length]);
  }
});

function randomTask(
  seed: number,
  shape: { kind: "number" | "classes"; ordered: boolean; classes: number; rows?: number },
): { predictors: Predictors; response: Response; rows: Uint32Array } {
  const random: Random = randomFromSeed(seed);
  const n = shape.rows ?? 12 + random.integer(30);
  const rows = Uint32Array.from({ length: n }, (_, i) => i);
  const codes = [0, 1, 2].map(() => Uint8Array.from(rows, () => random.integer(6)));
  const signal = codes[random.integer(3)]!;
  const response: Response =
    shape.kind === "number"
      ? { kind: "number", values: Float64Array.from(rows, (i) => signal[i]! + 3 * random.normal()) }
      : {
          kind: "classes",
          classes: Uint8Array.from(
            rows,
            (i) => (random.uniform() < 0.4 ? signal[i]! : random.integer(99)) % shape.classes,
          ),
          count: shape.classes,
        };
  return { predictors: { codes, ordered: codes.map(() => shape.ordered) }, response, rows };
}

type Cuts = (levels: number) => ((code: number) => boolean)[];
const thresholds: Cuts = (levels) => Array.from({ length: levels }, (_, cut) => (code: number) => code <= cut);
const subsets: Cuts = (levels) =>
  Array.from({ length: 2 ** levels }, (_, set) => (code: number) => ((set >> code) & 1) === 1);

function bestByBruteForce(
  predictors: Predictors,
  response: Response,
  rows: Uint32Array,
  minLeaf: number,
  cuts: Cuts,
): number {
  let best = 0;
  for (const codes of predictors.codes)
    for (const isLeft of cuts(6))
      best = Math.max(
        best,
        ratio(response, rows, (i) => isLeft(codes[i]!), minLeaf),
      );
  return best;
}

/** The likelihood ratio of a split from its definition; 0 when a side is too small. */
function ratio(response: Response, rows: Uint32Array, isLeft: (row: number) => boolean, minLeaf: number): number {
  const left = [...rows].filter(isLeft);
  const right = [...rows].filter((i) => !isLeft(i));
  if (left.length < minLeaf || right.length < minLeaf) return 0;
  if (response.kind === "number") {
    const squares = (part: number[]): number => {
      const mean = part.reduce((sum, i) => sum + response.values[i]!, 0) / part.length;
      return part.reduce((sum, i) => sum + (response.values[i]! - mean) ** 2, 0);
    };
    return rows.length * Math.log(squares([...rows]) / (squares(left) + squares(right)));
  }
  const likelihood = (part: number[]): number => {
    const counts = new Map<number, number>();
    for (const i of part) counts.set(response.classes[i]!, (counts.get(response.classes[i]!) ?? 0) + 1);
    return [...counts.values()].reduce((sum, count) => sum + count * Math.log(count / part.length), 0);
  };
  return 2 * (likelihood(left) + likelihood(right) - likelihood([...rows]));
}

function checkRoot(
  tree: ReturnType<typeof growCart>["tree"],
  predictors: Predictors,
  response: Response,
  best: number,
): void {
  if (tree.feature[0] === -1) {
    assert.ok(best < 1e-6, `no split was found, though one gains ${best}`);
    return;
  }
  // The root's sides are the leaves that lie before and after its right child.
  const n = response.kind === "number" ? response.values.length : response.classes.length;
  const goesLeft = (row: number): boolean => {
    const code = predictors.codes[tree.feature[0]!]![row]!;
    const cut = tree.cut[0]!;
    return cut >= 0 ? code <= cut : ((tree.sets[(-1 - cut) * 8 + (code >> 5)]! >>> (code & 31)) & 1) === 1;
  };
  const found = ratio(
    response,
    Uint32Array.from({ length: n }, (_, i) => i),
    goesLeft,
    1,
  );
  assert.ok(found >= best - 1e-7 * Math.max(1, best), `found ${found}, best ${best}`);
}
