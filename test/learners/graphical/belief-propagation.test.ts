import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planPropagation, projectClique, propagate } from "../../../src/learners/graphical/belief-propagation.ts";
import { gaugeOf, regauge } from "../../../src/learners/graphical/gauge.ts";
import { cellsOfJunctionTree, junctionTree } from "../../../src/learners/graphical/junction-tree.ts";
import { logBeliefPropagation } from "../../../src/learners/graphical/log-belief-propagation.ts";
import { marginalsOf } from "../../../src/learners/graphical/marginals.ts";
import type { GraphicalModel } from "../../../src/learners/graphical/model.ts";
import { cellsOf, isWithin, maximalScopes, scopeOf } from "../../../src/learners/graphical/scope.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";
import { jointOf, marginalOfJoint, randomTable } from "./brute-force.ts";

const TOTAL = 500;

interface Field {
  readonly sizes: readonly number[];
  /** In storage order, none within another. */
  readonly scopes: readonly (readonly number[])[];
  readonly logs: readonly Float64Array[];
  readonly joint: Float64Array;
}

function randomScopes(random: Random, sizes: readonly number[], count: number): (readonly number[])[] {
  return maximalScopes(
    Array.from({ length: count }, () =>
      scopeOf(sizes, [...random.sample(sizes.length, Math.min(sizes.length, 1 + random.integer(3)))]),
    ),
  );
}

/** A random field; `zeros`: share of cells that are structurally zero, never those of the row of zeros. */
function randomField(
  random: Random,
  {
    sizes,
    count = 5,
    scale = 2,
    zeros = 0,
  }: { sizes: readonly number[]; count?: number; scale?: number; zeros?: number },
): Field {
  const scopes = randomScopes(random, sizes, count);
  const logs = scopes.map((scope) =>
    randomTable(random, cellsOf(sizes, scope), scale).map((log, i) =>
      i > 0 && random.uniform() < zeros ? Number.NEGATIVE_INFINITY : log,
    ),
  );
  const factors = scopes.map((clique, f) => ({ clique, logs: logs[f] as Float64Array }));
  return { sizes, scopes, logs, joint: jointOf(sizes, factors, TOTAL) };
}

function solved({ sizes, scopes, logs }: Field): GraphicalModel {
  const propagation = planPropagation(sizes, scopes);
  assert.ok(propagate(propagation, { logPotentials: logs, total: TOTAL }));
  return { sizes, total: TOTAL, logPotentials: logs, propagation, objective: 0, iterations: 0 };
}

function assertClose(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  assert.equal(got.length, want.length, what);
  for (let i = 0; i < want.length; i++)
    assert.ok(Math.abs(got[i]! - want[i]!) < 1e-9 * TOTAL, `${what}: cell ${i} is ${got[i]}, wanted ${want[i]}`);
}

const domains: readonly (readonly number[])[] = [
  [3, 2, 4, 2, 3],
  [2, 2, 2, 2, 2, 2],
  [1, 4, 1, 3],
  [5],
  [4, 4],
  [2, 3, 2, 1, 2, 3, 2],
];

describe("belief propagation against the joint distribution over all rows", () => {
  for (const [d, sizes] of domains.entries())
    for (const zeros of [0, 0.3])
      test(`sizes ${sizes}, ${zeros * 100} % structural zeros: marginals of factors, and of any columns together`, () => {
        for (let seed = 0; seed < 12; seed++) {
          const field = randomField(randomFromSeed(100 * d + seed), { sizes, zeros, count: 2 + (seed % 5) });
          const model = solved(field);
          assert.equal(model.propagation.logBeliefs, undefined);
          model.propagation.factors.forEach(({ scope, marginals }) => {
            assertClose(marginals, marginalOfJoint(field.joint, sizes, scope), `factor ${scope}`);
          });
          const cliques = sizes.reduce<number[][]>((sets, _, j) => sets.concat(sets.map((set) => [...set, j])), [[]]);
          marginalsOf(model, cliques).forEach((table, k) => {
            assertClose(table, marginalOfJoint(field.joint, sizes, cliques[k]!), `columns ${cliques[k]}`);
          });
        }
      });

  test("potentials too far apart for plain numbers go by logarithms, and come out the same", () => {
    let inLogs = 0;
    for (let seed = 0; seed < 40; seed++) {
      const sizes = domains[seed % 2]!;
      const field = randomField(randomFromSeed(seed), { sizes, scale: 400, zeros: 0.1 });
      const model = solved(field);
      if (model.propagation.logBeliefs) inLogs++;
      const pairs = sizes.flatMap((_, a) => sizes.slice(a + 1).map((__, k) => [a, a + 1 + k]));
      marginalsOf(model, pairs).forEach((table, k) => {
        assertClose(table, marginalOfJoint(field.joint, sizes, pairs[k]!), `seed ${seed}, columns ${pairs[k]}`);
      });
    }
    assert.ok(inLogs >= 5 && inLogs < 40, `${inLogs} of 40 in log space`);
  });

  test("log space gives what plain numbers give", () => {
    for (let seed = 0; seed < 20; seed++) {
      const field = randomField(randomFromSeed(seed), { sizes: domains[0]!, zeros: 0.2 });
      const { propagation } = solved(field);
      const beliefs = logBeliefPropagation(propagation, { logPotentials: field.logs, total: TOTAL });
      propagation.tree.cliques.forEach(({ scope }, c) => {
        assertClose(beliefs!.project(c, scope), projectClique(propagation, c, [scope])[0]!, `clique ${scope}`);
      });
    }
  });

  test("no row possible: says so", () => {
    const propagation = planPropagation([2, 2], [[0, 1]]);
    const logs = [new Float64Array(4).fill(Number.NEGATIVE_INFINITY)];
    assert.equal(propagate(propagation, { logPotentials: logs, total: 1 }), false);
  });

  test("regauging moves potentials between factors and leaves the distribution as it is", () => {
    for (let seed = 0; seed < 20; seed++) {
      const field = randomField(randomFromSeed(seed), { sizes: domains[0]!, scale: 20, zeros: 0.2 });
      const logs = field.logs.map((table) => table.slice());
      const followers = field.logs.map((table) => table.slice());
      regauge(gaugeOf(field.sizes, field.scopes), logs, followers);
      assert.deepEqual(followers, logs);
      const factors = field.scopes.map((clique, f) => ({ clique, logs: logs[f]! }));
      assertClose(jointOf(field.sizes, factors, TOTAL), field.joint, `seed ${seed}`);
    }
  });
});

describe("junction trees of random graphs", () => {
  test("every clique asked for is in one; those that hold a column are connected; the size is told without building", () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = randomFromSeed(seed);
      const sizes = Array.from({ length: 1 + random.integer(12) }, () => 1 + random.integer(9));
      const scopes = randomScopes(random, sizes, 1 + random.integer(15));
      const { cliques, cells, order, neighbours } = junctionTree(sizes, scopes);
      assert.equal(cells, cellsOfJunctionTree(sizes, scopes));
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        [...sizes.keys()],
      );
      for (const scope of scopes) assert.ok(cliques.some((clique) => isWithin(scope, clique.scope)));
      sizes.forEach((_, column) => {
        const holders = cliques.filter(({ scope }) => scope.includes(column));
        const links = holders.filter(({ separator }) => separator.includes(column));
        assert.equal(holders.length - links.length, 1, `seed ${seed}, column ${column}`);
        assert.ok(cliques.some(({ scope }) => isWithin([column, ...neighbours[column]!], scope)));
      });
      cliques.forEach(({ scope, separator, parent }, c) => {
        if (parent < 0) assert.equal(separator.length, 0);
        else {
          assert.ok(parent > c);
          assert.deepEqual(
            separator,
            scope.filter((column) => cliques[parent]!.scope.includes(column)),
          );
        }
        cliques.forEach((other, k) => {
          assert.ok(k === c || !isWithin(scope, other.scope), "a clique within another");
        });
      });
    }
  });

  test("a cycle of four columns takes two cliques of three, over the smaller diagonal", () => {
    assert.equal(
      cellsOfJunctionTree(
        [10, 2, 10, 3],
        [
          [0, 1],
          [1, 2],
          [2, 3],
          [0, 3],
        ],
      ),
      2 * 10 * 2 * 3,
    );
  });
});
