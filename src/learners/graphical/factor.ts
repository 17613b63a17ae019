import { cellsOf, placesIn, scopeOf } from "./scope.ts";
import { type ArenaTable, planSumProduct, runSumProduct } from "./sum-product.ts";

/** A table of its own: row-major over its scope. */
export interface Factor {
  readonly scope: readonly number[];
  readonly values: Float64Array;
}

/** The product of some factors, summed over all columns but those of `scope`. At least one factor.
 * @param scope in storage order, as those of the factors */
export function contract(sizes: readonly number[], factors: readonly Factor[], scope: readonly number[]): Factor {
  const all = scopeOf(sizes, [...new Set([...factors.flatMap((factor) => factor.scope), ...scope])]);
  let used = 0;
  const allocate = (own: readonly number[]): ArenaTable => {
    const table = { scope: own, start: used, cells: cellsOf(sizes, own) };
    used += table.cells;
    return table;
  };
  const inputs = factors.map((factor) => allocate(factor.scope));
  const output = allocate(scope);
  const arena = new Float64Array(used);
  factors.forEach(({ values }, k) => {
    arena.set(values, inputs[k]?.start);
  });
  runSumProduct(arena, planSumProduct(sizes, all, { inputs, outputs: [output] }));
  return { scope, values: arena.subarray(output.start, output.start + output.cells) };
}

/** A table divided by one over some of its columns; 0 / 0 is 0. */
export function divide(sizes: readonly number[], { scope, values }: Factor, by: Factor): Factor {
  const places = placesIn(sizes, scope, { scope: by.scope });
  return {
    scope,
    values: values.map((value, i) => {
      const whole = by.values[places[i] as number] as number;
      return whole > 0 ? value / whole : 0;
    }),
  };
}
