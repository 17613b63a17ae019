import { sharedCopy } from "../../executors/executor.ts";
import type { BayesianNetworkModel } from "../../learners/bayesian-network/model.ts";
import type { MergedColumn } from "./rare-values.ts";

/** A network over merged values, with codes for each of the values again: those of a merged value are drawn by their shares, whatever the other
 * columns are.
 * @param how.codeOf the column's own code of each value before merging */
export function unmergedNetwork(
  network: BayesianNetworkModel,
  how: { readonly merged: readonly MergedColumn[]; readonly codeOf: readonly ArrayLike<number>[] },
): BayesianNetworkModel {
  return {
    order: network.order,
    nodes: network.nodes.map((node, j) => {
      const { mergedOf, shares } = how.merged[j] as MergedColumn;
      const codeOf = how.codeOf[j] as ArrayLike<number>;
      const groupOf = new Uint8Array(node.levels);
      const emission = new Float64Array(node.levels);
      mergedOf.forEach((group, value) => {
        groupOf[codeOf[value] as number] = group;
        emission[codeOf[value] as number] = shares[value] as number;
      });
      return { ...node, groupOf: sharedCopy(groupOf), emission: sharedCopy(emission) };
    }),
  };
}

/** A code for each merged value: that of the first value in it. */
export function codesOfMerged(
  { mergedOf, size }: Pick<MergedColumn, "mergedOf" | "size">,
  codeOf: ArrayLike<number>,
): Uint8Array {
  const out = new Uint8Array(size);
  for (let value = mergedOf.length - 1; value >= 0; value--) out[mergedOf[value] as number] = codeOf[value] as number;
  return out;
}
