import { projectClique, smallestHolder } from "./belief-propagation.ts";
import { carriersOf } from "./carry.ts";
import { contract, divide, type Factor } from "./factor.ts";
import type { TreeClique } from "./junction-tree.ts";
import { checkClique } from "./measurements.ts";
import type { GraphicalModel } from "./model.ts";
import { projectionsOf } from "./projections.ts";
import { reorder, scopeOf } from "./scope.ts";

/** The model's marginal over some columns, measured together or not.
 * @param clique ascending column indices
 * @returns row-major over the clique, sums to `model.total` */
export function marginalOf(model: GraphicalModel, clique: readonly number[]): Float64Array {
  return marginalsOf(model, [clique])[0] as Float64Array;
}

/** The model's marginals over several cliques. What they have in common is computed once: each clique of the junction tree is summed over
 * in one pass for all of them, and what one column says of a separator far away serves every pair of that column.
 * @returns for each clique row-major counts that sum to `model.total` */
export function marginalsOf(model: GraphicalModel, cliques: readonly (readonly number[])[]): Float64Array[] {
  const { sizes, propagation, total } = model;
  for (const clique of cliques) checkClique(sizes, clique, "A marginal");
  const scopes = cliques.map((clique) => scopeOf(sizes, clique));
  const projections = projectionsOf(propagation);
  const carriers = carriersOf(model, projections);
  // Everything is asked for first: a clique answers all that is asked of it in one pass over its cells.
  const answers = scopes.map((scope): (() => Float64Array) => {
    if (scope.length === 0) return () => Float64Array.of(total);
    const holder = smallestHolder(propagation.tree, scope);
    if (holder >= 0) return projections.ask(holder, scope);
    if (scope.length === 2) return carriers.pair(scope[0] as number, scope[1] as number);
    return () => joined(model, scope);
  });
  return answers.map((answer, i) =>
    reorder(answer(), sizes, { from: scopes[i] as readonly number[], to: cliques[i] as readonly number[] }),
  );
}

/** A marginal over columns of several cliques, by passing each clique's chances given its separator up the tree, with the columns asked
 * for left in. */
function joined({ sizes, propagation, total }: GraphicalModel, scope: readonly number[]): Float64Array {
  const { cliques } = propagation.tree;
  const asked = new Set(scope);
  const messages: Factor[] = [];
  const roots: Factor[] = [{ scope: [], values: Float64Array.of(total) }];
  // What is asked for of a clique and all below it.
  const below: number[][] = [];
  cliques.forEach((clique, c) => {
    const inside = clique.scope.filter((column) => asked.has(column));
    below[c] = [...new Set([...inside, ...clique.children.flatMap((child) => below[child] as number[])])];
    const children = clique.children.filter((child) =>
      (below[child] as number[]).some((column) => !(cliques[child] as TreeClique).separator.includes(column)),
    );
    const out = scopeOf(sizes, [...new Set([...(below[c] as number[]), ...clique.separator])]);
    if (out.length === clique.separator.length && clique.parent >= 0) return;
    const own = scopeOf(sizes, [
      ...new Set([
        ...inside,
        ...clique.separator,
        ...children.flatMap((child) => (cliques[child] as TreeClique).separator),
      ]),
    ]);
    const [belief, whole] = projectClique(propagation, c, [own, clique.separator]);
    const given = divide(
      sizes,
      { scope: own, values: belief as Float64Array },
      { scope: clique.separator, values: whole as Float64Array },
    );
    const message = contract(sizes, [given, ...children.map((child) => messages[child] as Factor)], out);
    if (clique.parent < 0) roots.push(message);
    else messages[c] = message;
  });
  return contract(sizes, roots, scope).values;
}
