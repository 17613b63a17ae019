import { type Propagation, projectClique } from "./belief-propagation.ts";

/** Marginals of the cliques of a junction tree, asked for one by one and computed together. */
export interface Projections {
  /** Asks for a marginal of a clique of the tree. The function returned gives it; called first, it computes all that was asked of the
   * clique until then.
   * @param scope in storage order, within the clique's */
  ask(clique: number, scope: readonly number[]): () => Float64Array;
}

export function projectionsOf(propagation: Propagation): Projections {
  const asked = propagation.tree.cliques.map(
    () => new Map<string, { readonly scope: readonly number[]; values?: Float64Array }>(),
  );
  return {
    ask(clique, scope) {
      const own = asked[clique] as (typeof asked)[number];
      const name = scope.join();
      const entry: { readonly scope: readonly number[]; values?: Float64Array } = own.get(name) ?? { scope };
      own.set(name, entry);
      return () => {
        if (!entry.values) {
          const open = [...own.values()].filter(({ values }) => !values);
          const tables = projectClique(
            propagation,
            clique,
            open.map((one) => one.scope),
          );
          open.forEach((one, k) => {
            one.values = tables[k] as Float64Array;
          });
        }
        return entry.values as Float64Array;
      };
    },
  };
}
