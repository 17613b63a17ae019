import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { groupCodesOf } from "../../src/learners/bayesian-network/draw-columns.ts";
import { askNode } from "../../src/learners/bayesian-network/eliminate.ts";
import { familySearch } from "../../src/learners/bayesian-network/family-search.ts";
import { groupCodes } from "../../src/learners/bayesian-network/grouping.ts";
import { learnStructure } from "../../src/learners/bayesian-network/learn-structure.ts";
import { type Known, planElimination } from "../../src/learners/bayesian-network/plan-elimination.ts";
import { drawByRejection, drawByWeight, estimateLogEvidence } from "../../src/learners/bayesian-network/reject.ts";
import {
  type BayesianNetworkModel,
  DEFAULT_BAYESIAN_NETWORK,
  drawBayesianNetwork,
  fitBayesianNetwork,
  logEvidenceBayesianNetwork,
} from "../../src/learners/bayesian-network.ts";
import { type CodeEvidence, type CodeRows, noEvidence } from "../../src/learners/code-rows.ts";
import { chiSquareQuantile } from "../../src/math/distributions.ts";
import { randomFromSeed } from "../../src/random.ts";

const key = randomFromSeed(1).key;
const FALSE_ALARM = 1e-6;
const drawCodes = (data: Parameters<typeof drawBayesianNetwork>[0]): Uint8Array[] => {
  const drawn = drawBayesianNetwork(data);
  assert.ok(!("accepted" in drawn));
  return drawn;
};

describe("a network on a domain small enough to enumerate", () => {
  const table = linkedRows(2000, 1);
  for (const structure of ["tree", "greedy"] as const) {
    const { model } = fitBayesianNetwork({
      rows: table,
      options: { ...DEFAULT_BAYESIAN_NETWORK, structure, groups: 3 },
      key,
    });
    const cells = allRows(table.levels);
    const joint = logEvidenceBayesianNetwork({ model, rows: cells.length, evidence: givenRows(cells) }).map(Math.exp);

    test(`${structure}: has edges and merged codes to test, else the tests below say nothing`, () => {
      assert.ok(sum(model.nodes.map((node) => node.parents.length)) >= 3);
      assert.ok(model.nodes.some((node) => (node.sizes[0] as number) < node.levels));
      if (structure === "greedy") assert.ok(model.nodes.some((node) => node.parents.length > 1));
    });

    test(`${structure}: chances of all rows sum to 1; what occurred has a chance, a code that never did has none`, () => {
      assert.ok(Math.abs(sum(joint) - 1) < 1e-12);
      for (let row = 0; row < table.rows; row++)
        assert.ok(
          (joint[
            placeOf(
              table.codes.map((column) => column[row]!),
              table.levels,
            )
          ] as number) > 0,
        );
      // Code 5 of column 1 occurs nowhere.
      cells.forEach((cell, i) => {
        if (cell[1] === 5) assert.equal(joint[i], 0);
      });
    });

    test(`${structure}: the chance of any part of a row is the sum over its completions`, () => {
      const random = randomFromSeed(3);
      const asks = Array.from({ length: 60 }, () => {
        const cell = cells[random.integer(cells.length)]!;
        return cell.map((code) => (random.uniform() < 0.5 ? code : -1));
      });
      const weights = weightsFor(table);
      for (const evidence of [givenParts(asks, []), givenParts(asks, weights)]) {
        const got = logEvidenceBayesianNetwork({ model, rows: asks.length, evidence });
        asks.forEach((ask, i) => {
          const want = sum(cells.map((cell, c) => (joint[c] as number) * agreement(cell, ask, evidence.weights)));
          if (want === 0) assert.equal(got[i], Number.NEGATIVE_INFINITY);
          else assert.ok(Math.abs((got[i] as number) - Math.log(want)) < 1e-9, `${got[i]} ${Math.log(want)}`);
        });
      }
    });

    for (const [title, evidence] of [
      ["nothing", noEvidence],
      ["chances of codes", { weights: weightsFor(table) }],
      ["a code of one column", givenParts(new Array(40_000).fill([-1, 2, -1, -1]), [])],
      ["codes and chances", givenParts(new Array(40_000).fill([1, -1, -1, -1]), weightsFor(table))],
    ] as const)
      test(`${structure}: rows drawn given ${title} have the chances of enumeration (χ²)`, () => {
        const rows = 40_000;
        const codes = drawCodes({ model, rows, evidence, key });
        const ask = evidence.given ? codesAt(evidence, 0) : [-1, -1, -1, -1];
        const want = cells.map((cell, i) => (joint[i] as number) * agreement(cell, ask, evidence.weights));
        checkDraws(codes, want, table.levels);
      });

    test(`${structure}: what is known may differ from row to row`, () => {
      const asks = Array.from({ length: 40_000 }, (_, i) => (i % 2 === 0 ? [-1, -1, 1, -1] : [0, -1, -1, 1]));
      const codes = drawCodes({ model, rows: asks.length, evidence: givenParts(asks, []), key });
      for (const parity of [0, 1]) {
        const half = codes.map((column) => column.filter((_, i) => i % 2 === parity));
        const want = cells.map((cell, i) => (joint[i] as number) * agreement(cell, asks[parity]!, []));
        checkDraws(half, want, table.levels);
      }
    });

    test(`${structure}: rejection draws the same rows, and likelihood weighting finds the same evidence`, () => {
      const ask = [-1, -1, -1, 1];
      const weights = weightsFor(table);
      const known = ask.map((code, j): Known => (code >= 0 ? "code" : weights[j] ? "weights" : "nothing"));
      const plan = planElimination(model, known);
      const rows = Array.from({ length: 5000 }, (_, i) => i);
      const bytes = (): Uint8Array[] => model.nodes.map(() => new Uint8Array(rows.length));
      const drawn = { codes: bytes(), groups: bytes(), states: bytes() };
      const input = {
        plan,
        codes: ask.map((code) => Math.max(code, 0)),
        asked: model.nodes.map((node, j) => (known[j] === "weights" ? askNode(node, weights[j]!) : undefined)),
        groupCodes: model.nodes.map(groupCodesOf),
        random: randomFromSeed(8),
      };
      const flags = drawByRejection(model, rows, { ...input, drawn });
      assert.ok(flags.every((flag) => flag === 1));
      // Columns outside the plan were not drawn: sum them out.
      const want = new Map<string, number>();
      const insideOf = (cell: ArrayLike<number>): string => plan.columns.map((j) => cell[j]).join();
      cells.forEach((cell, i) => {
        const chance = (joint[i] as number) * agreement(cell, ask, weights);
        want.set(insideOf(cell), (want.get(insideOf(cell)) ?? 0) + chance);
      });
      const total = sum([...want.values()]);
      const got = new Map<string, number>();
      for (const row of rows) {
        const name = insideOf(drawn.codes.map((column) => column[row]!));
        got.set(name, (got.get(name) ?? 0) + 1);
      }
      checkCounts([...want].map(([name, chance]) => [got.get(name) ?? 0, (chance / total) * rows.length]));
      // Picked by weight, the same; the bias of 400 forward draws is below what 1,000 rows can show.
      const some = rows.slice(0, 1000);
      for (const row of some) drawByWeight(model, row, { ...input, drawn });
      const picked = new Map<string, number>();
      for (const row of some) {
        const name = insideOf(drawn.codes.map((column) => column[row]!));
        picked.set(name, (picked.get(name) ?? 0) + 1);
      }
      checkCounts([...want].map(([name, chance]) => [picked.get(name) ?? 0, (chance / total) * some.length]));
      const estimate = estimateLogEvidence(model, { ...input, random: randomFromSeed(9) });
      assert.ok(Math.abs(estimate - Math.log(total)) < 0.3, `${estimate} ${Math.log(total)}`);
    });
  }
});

test("leave-one-out likelihood is what counting without each row gives", () => {
  const table = linkedRows(60, 4);
  const groupings = table.levels.map((levels, j) =>
    groupCodes(tally(table.codes[j]!, levels), { ordered: table.ordered[j]!, missing: table.missing[j]!, groups: 32 }),
  );
  const groups = [0, 1, 2].map((r) =>
    table.codes.map((column, j) =>
      Uint8Array.from(column, (code) => groupings[j]!.coarser[r]![groupings[j]!.groupOf[code]!]!),
    ),
  );
  const search = familySearch({ rows: table.rows, groupings, groups }, 4096);
  const state = search.start(2);
  search.addParent(state, { parent: 0, resolution: 0, gain: 0 });
  search.addParent(state, { parent: 1, resolution: 1, gain: 0 });
  const child = groups[0]![2]!;
  const parents = [groups[0]![0]!, groups[1]![1]!];
  let want = 0;
  for (let left = 0; left < table.rows; left++) {
    let chance = 1 / groupings[2]!.sizes[0]!;
    for (let k = 0; k <= 2; k++) {
      let n = 0;
      let total = 0;
      for (let row = 0; row < table.rows; row++) {
        if (row === left || parents.slice(0, k).some((parent) => parent[row] !== parent[left])) continue;
        total++;
        if (child[row] === child[left]) n++;
      }
      chance = (n + state.masses[k]! * chance) / (total + state.masses[k]!);
    }
    want += Math.log(chance);
  }
  assert.ok(Math.abs(state.logLikelihood - want) < 1e-9, `${state.logLikelihood} ${want}`);
});

test("the tree is the best of all 125 trees of five columns", () => {
  const random = randomFromSeed(5);
  const rows = 5000;
  const columns = Array.from({ length: 5 }, () => new Uint8Array(rows));
  for (let row = 0; row < rows; row++) {
    columns.forEach((column, j) => {
      const from = j === 0 ? -1 : random.integer(j);
      column[row] = from >= 0 && random.uniform() < 0.25 + 0.1 * from ? columns[from]![row]! : random.integer(3);
    });
  }
  const groupings = columns.map((column) => groupCodes(tally(column, 3), { ordered: false, missing: 0, groups: 32 }));
  const { families } = learnStructure(
    { rows, groupings, groups: [columns, columns, columns] },
    { structure: "tree", maxParents: 1, maxCells: 4096 },
  );
  const worth = (edges: readonly (readonly [number, number])[]): number =>
    sum(edges.map(([a, b]) => mutualInformation(columns[a]!, columns[b]!, 3)));
  let best = 0;
  for (const edges of treesOfFive()) best = Math.max(best, worth(edges));
  const found = families.flatMap(({ parents }, child) => parents.map((parent) => [parent, child] as const));
  assert.equal(found.length, 4);
  assert.ok(worth(found) > best - 1e-9, `${worth(found)} ${best}`);
});

test("columns that know nothing of each other get no edges", () => {
  const random = randomFromSeed(6);
  const rows = 3000;
  const table = rowsOf(
    Array.from({ length: 8 }, (_, j) => Uint8Array.from({ length: rows }, () => random.integer(4 + 20 * j))),
    { ordered: true },
  );
  for (const structure of ["tree", "greedy"] as const) {
    const { model } = fitBayesianNetwork({ rows: table, options: { ...DEFAULT_BAYESIAN_NETWORK, structure }, key });
    assert.ok(model.nodes.every((node) => node.parents.length === 0));
  }
});

test("a column with 600 known children does not underflow, and the children tell which it is", () => {
  const random = randomFromSeed(7);
  const rows = 400;
  const hidden = Uint8Array.from({ length: rows }, () => random.integer(2));
  const table = rowsOf(
    [hidden, ...Array.from({ length: 600 }, () => hidden.map((x) => (random.uniform() < 0.1 ? 1 - x : x)))],
    { ordered: false },
  );
  const { model } = fitBayesianNetwork({
    rows: table,
    options: { ...DEFAULT_BAYESIAN_NETWORK, structure: "tree" },
    key,
  });
  const known = table.codes.map((_, j) => new Uint8Array(rows).fill(j === 0 ? 0 : 1));
  const evidence = { weights: [], given: { codes: table.codes, known } };
  const logs = logEvidenceBayesianNetwork({ model, rows, evidence });
  assert.ok(logs.every(Number.isFinite));
  const codes = drawCodes({ model, rows, evidence, key });
  assert.deepEqual([...codes[0]!], [...hidden]);
});

describe("odd tables", () => {
  const odd: readonly (readonly [string, CodeRows])[] = [
    ["no rows", rowsOf([new Uint8Array(0), new Uint8Array(0)], { ordered: true, levels: 7 })],
    ["one row", rowsOf([Uint8Array.of(3), Uint8Array.of(0)], { ordered: true })],
    ["twenty rows", linkedRows(20, 2)],
    ["constant columns", rowsOf([new Uint8Array(30).fill(2), new Uint8Array(30).fill(5)], { ordered: false })],
    ["one column", rowsOf([Uint8Array.from({ length: 300 }, (_, i) => i % 200)], { ordered: true })],
    ["all missing", rowsOf([new Uint8Array(50), Uint8Array.from({ length: 50 }, (_, i) => i)], { ordered: true })],
    [
      "200 labels",
      rowsOf(
        [0, 1].map(() => Uint8Array.from({ length: 900 }, (_, i) => i % 200)),
        { ordered: false },
      ),
    ],
  ];
  for (const [title, table] of odd)
    test(`${title}: only codes that occur are drawn, and training rows have a chance`, () => {
      for (const structure of ["tree", "greedy"] as const) {
        const { model } = fitBayesianNetwork({ rows: table, options: { ...DEFAULT_BAYESIAN_NETWORK, structure }, key });
        const codes = drawCodes({ model, rows: 500, evidence: noEvidence, key });
        codes.forEach((column, j) => {
          assert.equal(column.length, 500);
          const occur = new Set(table.codes[j]);
          if (table.rows > 0) assert.ok(column.every((code) => occur.has(code)));
        });
        const known = table.codes.map(() => new Uint8Array(table.rows).fill(1));
        const evidence = { weights: [], given: { codes: table.codes, known } };
        assert.ok(logEvidenceBayesianNetwork({ model, rows: table.rows, evidence }).every(Number.isFinite));
      }
    });
});

test("same key, same rows; the model survives a structured clone", () => {
  const table = linkedRows(500, 1);
  const fit = (): BayesianNetworkModel =>
    fitBayesianNetwork({ rows: table, options: { ...DEFAULT_BAYESIAN_NETWORK, fitRows: 300 }, key }).model;
  const a = drawCodes({ model: fit(), rows: 200, evidence: noEvidence, key });
  const b = drawCodes({ model: structuredClone(fit()), rows: 200, evidence: noEvidence, key });
  assert.deepEqual(a, b);
});

test("groups keep the order, stand heavy codes alone, and keep ways of being missing apart", () => {
  const counts = Float64Array.from({ length: 100 }, (_, code) => (code === 50 ? 500 : code === 1 ? 0 : 10));
  const { groupOf, sizes, coarser } = groupCodes(counts, { ordered: true, missing: 2, groups: 10 });
  assert.equal(sizes[0], 11);
  assert.equal(groupOf[0], 0);
  for (let code = 3; code < 100; code++) assert.ok(groupOf[code]! >= groupOf[code - 1]!);
  assert.equal(groupOf.filter((group) => group === groupOf[50]).length, 1);
  for (let r = 1; r < 4; r++) {
    assert.ok(sizes[r]! <= sizes[r - 1]!);
    // Each resolution merges groups of the one before.
    const seen = new Map<number, number>();
    coarser[r - 1]!.forEach((group, g) => {
      const up = coarser[r]![g]!;
      assert.equal(seen.get(group) ?? up, up);
      seen.set(group, up);
    });
  }
});

/** Four columns, one made of another with noise, one with a missing code, one with codes that never occur. */
function linkedRows(rows: number, seed: number): CodeRows {
  const random = randomFromSeed(seed);
  const a = Uint8Array.from({ length: rows }, () => random.integer(3));
  const b = a.map((x) => (random.uniform() < 0.1 ? 0 : [1, 2, 3, 4, 6, 7][(x * 2 + random.integer(3)) % 6]!));
  const c = b.map((x, row) => (random.uniform() < 0.6 ? (x + a[row]!) % 2 : random.integer(2)));
  const d = c.map((x, row) => (random.uniform() < 0.7 ? x + (a[row] === 2 ? 1 : 0) : random.integer(4)));
  return {
    rows,
    codes: [a, b, c, d],
    levels: [3, 8, 2, 4],
    ordered: [false, true, false, true],
    missing: [0, 1, 0, 0],
  };
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

function weightsFor(table: CodeRows): (Float64Array | undefined)[] {
  return [undefined, Float64Array.of(0.5, 0, 1, 1, 0.2, 1, 0.7, 0), undefined, Float64Array.of(1, 0.3, 0.6, 0)].slice(
    0,
    table.codes.length,
  );
}

function allRows(levels: readonly number[]): number[][] {
  return levels.reduce<number[][]>(
    (rows, count) => rows.flatMap((row) => Array.from({ length: count }, (_, code) => [...row, code])),
    [[]],
  );
}

function placeOf(cell: readonly number[], levels: readonly number[]): number {
  return cell.reduce((place, code, j) => place * levels[j]! + code, 0);
}

function givenRows(cells: readonly (readonly number[])[]): CodeEvidence {
  return givenParts(cells, []);
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

function codesAt(evidence: CodeEvidence, row: number): number[] {
  return evidence.given!.codes.map((column, j) => (evidence.given!.known[j]![row] === 1 ? column[row]! : -1));
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

function checkDraws(codes: readonly Uint8Array[], want: readonly number[], levels: readonly number[]): void {
  const total = sum(want);
  const got = new Float64Array(want.length);
  const rows = codes[0]!.length;
  for (let row = 0; row < rows; row++) {
    const place = placeOf(
      codes.map((column) => column[row]!),
      levels,
    );
    got[place]!++;
  }
  checkCounts(want.map((chance, i) => [got[i]!, (chance / total) * rows]));
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
  assert.ok(kept > 2);
  const limit = chiSquareQuantile(1 - FALSE_ALARM, kept - 1);
  assert.ok(statistic < limit, `χ² ${statistic} of ${kept} cells, at most ${limit}`);
}

function tally(column: Uint8Array, levels: number): Float64Array {
  const out = new Float64Array(levels);
  for (const code of column) out[code]!++;
  return out;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function mutualInformation(a: Uint8Array, b: Uint8Array, size: number): number {
  const n = a.length;
  const joint = tally(
    a.map((x, row) => x * size + b[row]!),
    size * size,
  );
  const [pa, pb] = [tally(a, size), tally(b, size)];
  let out = 0;
  joint.forEach((count, cell) => {
    if (count > 0) out += (count / n) * Math.log((count * n) / (pa[Math.floor(cell / size)]! * pb[cell % size]!));
  });
  return out;
}

/** All labelled trees of five columns, from their Prüfer sequences. */
function* treesOfFive(): Iterable<(readonly [number, number])[]> {
  for (let number = 0; number < 125; number++) {
    const sequence = [number % 5, Math.floor(number / 5) % 5, Math.floor(number / 25)];
    const degree = [1, 1, 1, 1, 1];
    for (const j of sequence) degree[j]!++;
    const edges: [number, number][] = [];
    for (const j of sequence) {
      const leaf = degree.indexOf(1);
      edges.push([leaf, j]);
      degree[leaf]!--;
      degree[j]!--;
    }
    const rest = degree.flatMap((count, j) => (count === 1 ? [j] : []));
    edges.push([rest[0]!, rest[1]!]);
    yield edges;
  }
}
