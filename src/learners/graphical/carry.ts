import { smallestHolder } from "./belief-propagation.ts";
import { contract, divide, type Factor } from "./factor.ts";
import type { JunctionTree, TreeClique } from "./junction-tree.ts";
import type { GraphicalModel } from "./model.ts";
import type { Projections } from "./projections.ts";
import { cellsOf, scopeOf } from "./scope.ts";

/** Marginals of pairs of columns that share no clique. */
export interface Carriers {
  /** Asks for a marginal; the function returned gives it, row-major over (a, b). `a` comes before `b` in storage order. */
  pair(a: number, b: number): () => Float64Array;
}

/** Joins columns over a separator S between them: P(a, b) = Σ P(a, S) P(b, S) / P(S), where P(a, S′) = Σ P(a, S) P(S′ | S) carries a column
 * from one separator to the next. What is carried once serves all pairs; each pair is joined where that takes the fewest more
 * multiplications. */
export function carriersOf({ sizes, propagation, total }: GraphicalModel, projections: Projections): Carriers {
  const { tree } = propagation;
  const { cliques } = tree;
  const toward = sizes.map((_, column) => nextCliques(tree, column));
  const carried = new Map<string, () => Factor>();
  const conditionals = new Map<string, () => Factor>();

  const between = (a: number, b: number): readonly number[] =>
    (cliques[(cliques[a] as TreeClique).parent === b ? a : b] as TreeClique).separator;
  const union = (...sets: (readonly number[])[]): number[] => scopeOf(sizes, [...new Set(sets.flat())]);
  const project = (clique: number, scope: readonly number[]): (() => Factor) => {
    const values = projections.ask(clique, scope);
    return () => ({ scope, values: values() });
  };

  /** P(S′ | S) in a clique, S towards `before`, S′ towards `after`. */
  const conditional = (before: number, clique: number, after: number): (() => Factor) =>
    kept(conditionals, `${before},${clique},${after}`, () => {
      const given = between(before, clique);
      const joint = project(clique, union(given, between(clique, after)));
      const whole = project(clique, given);
      return () => divide(sizes, joint(), whole());
    });

  /** P(column, S) for the separator from one clique to the next away from the column. */
  const carry = (column: number, from: number, to: number): (() => Factor) =>
    kept(carried, `${column},${from},${to}`, () => {
      const scope = union([column], between(from, to));
      const before = toward[column]?.[from] as number;
      if (before === from) return project(from, scope);
      const known = carry(column, before, from);
      const step = conditional(before, from, to);
      return () => contract(sizes, [known(), step()], scope);
    });

  /** Multiplications of {@link carry}, beyond what is carried already. */
  const carryCost = (column: number, from: number, to: number): number => {
    if (carried.has(`${column},${from},${to}`)) return 0;
    const before = toward[column]?.[from] as number;
    if (before === from) return cellsOf(sizes, [column, ...between(from, to)]);
    return (
      cellsOf(sizes, [column, ...union(between(before, from), between(from, to))]) + carryCost(column, before, from)
    );
  };

  const independent = (a: number, b: number): (() => Float64Array) => {
    const one = project(smallestHolder(tree, [a]), [a]);
    const other = project(smallestHolder(tree, [b]), [b]);
    const whole = { scope: [], values: Float64Array.of(total) };
    return () => contract(sizes, [one(), divide(sizes, other(), whole)], [a, b]).values;
  };

  return {
    pair(a, b) {
      let clique = smallestHolder(tree, [b]);
      if ((toward[a]?.[clique] as number) < 0) return independent(a, b);
      let join: { readonly near: number; readonly far: number } | undefined;
      let least = Number.POSITIVE_INFINITY;
      for (let next = toward[a]?.[clique] as number; next !== clique; next = toward[a]?.[clique] as number) {
        // As long as the next clique has b too, b need not be carried to it.
        if (toward[b]?.[next] !== next) {
          const cost =
            cellsOf(sizes, [a, b, ...between(clique, next)]) + carryCost(a, next, clique) + carryCost(b, clique, next);
          if (cost < least) {
            least = cost;
            join = { near: next, far: clique };
          }
        }
        clique = next;
      }
      const { near, far } = join as { readonly near: number; readonly far: number };
      const one = carry(a, near, far);
      const other = carry(b, far, near);
      const whole = project(near, between(near, far));
      return () => contract(sizes, [one(), divide(sizes, other(), whole())], [a, b]).values;
    },
  };
}

/** For each clique the next on the way to those that hold a column: itself where it holds it, −1 where no way leads there. */
function nextCliques({ cliques }: JunctionTree, column: number): Int32Array {
  const next = new Int32Array(cliques.length).fill(-1);
  const queue: number[] = [];
  cliques.forEach(({ scope }, c) => {
    if (!scope.includes(column)) return;
    next[c] = c;
    queue.push(c);
  });
  for (let at = 0; at < queue.length; at++) {
    const c = queue[at] as number;
    const { parent, children } = cliques[c] as TreeClique;
    for (const other of parent < 0 ? children : [parent, ...children])
      if (next[other] === -1) {
        next[other] = c;
        queue.push(other);
      }
  }
  return next;
}

/** Makes what is asked for by name once, and computes it once. */
function kept(map: Map<string, () => Factor>, name: string, make: () => () => Factor): () => Factor {
  const known = map.get(name);
  if (known) return known;
  const compute = make();
  let value: Factor | undefined;
  const once = (): Factor => {
    value ??= compute();
    return value;
  };
  map.set(name, once);
  return once;
}
