import type { ForestCodes } from "./forest-codes.ts";
import { type FilledTree, goesLeft } from "./forest-tree.ts";

export interface LeafVisitor {
  /** Whether to look below a node; asked in preorder, the root with parent −1. */
  enters(node: number, depth: number, parent: number): boolean;
  /** @param density chance of each group given the leaf, each column's summing to 1; valid until this returns */
  leaf(node: number, density: Float64Array): void;
}

/** Walks the leaves of a tree with the density of each. From the root down, a node's marginal of a column is its own rows' together with some
 * prior rows spread as its parent's marginal is inside the node's box: so every group that occurs anywhere has a chance in the one leaf
 * whose box holds it, however few rows the leaf has, and no chance in any other.
 * @param how.priorRows `priorRows[node · columns + j]` > 0
 * @param how.factors the prior rows of column j count factors[j] times */
export function walkLeaves(
  tree: FilledTree,
  how: { readonly codes: ForestCodes; readonly priorRows: Float32Array; readonly factors: Float64Array },
  visitor: LeafVisitor,
): void {
  const { priorRows, factors } = how;
  const d = factors.length;
  walkNodes(tree, how.codes, {
    enters: visitor.enters,
    prior: (node, column) => (priorRows[node * d + column] as number) * (factors[column] as number),
    node(node, density) {
      if ((tree.column[node] as number) < 0) visitor.leaf(node, density);
    },
  });
}

/** Walks all nodes with their densities.
 * @param visitor.prior prior rows of a node's column; the parent's marginal inside the node's box is at places from … of `density` */
export function walkNodes(
  tree: FilledTree,
  codes: ForestCodes,
  visitor: {
    readonly enters: LeafVisitor["enters"];
    readonly prior: (node: number, column: number, density: Float64Array) => number;
    readonly node: LeafVisitor["leaf"];
  },
): void {
  const { start, mass } = codes;
  const d = start.length - 1;
  const n = tree.end[0] as number;
  const densities: Float64Array[] = [mass];

  const restrict = (density: Float64Array, node: number, parent: number): void => {
    const column = tree.column[parent] as number;
    const from = start[column] as number;
    const to = start[column + 1] as number;
    const left = node === parent + 1;
    let inside = 0;
    for (let at = from; at < to; at++) {
      if (goesLeft(tree.set, parent, at - from) !== left) density[at] = 0;
      inside += density[at] as number;
    }
    for (let at = from; at < to; at++) density[at] = (density[at] as number) / inside;
  };

  const blend = (density: Float64Array, node: number): void => {
    const first = tree.first[node] as number;
    const end = tree.end[node] as number;
    for (let j = 0; j < d; j++) {
      const prior = visitor.prior(node, j, density);
      const each = 1 / (end - first + prior);
      const kept = prior * each;
      const from = start[j] as number;
      const to = start[j + 1] as number;
      for (let at = from; at < to; at++) density[at] = (density[at] as number) * kept;
      const base = j * n;
      for (let i = base + first; i < base + end; i++) {
        const at = from + (tree.groups[i] as number);
        density[at] = (density[at] as number) + each;
      }
    }
  };

  const visit = (node: number, depth: number, parent: number): void => {
    if (!visitor.enters(node, depth, parent)) return;
    if (depth > 0) {
      densities[depth] ??= new Float64Array(mass.length);
      const own = densities[depth] as Float64Array;
      own.set(densities[depth - 1] as Float64Array);
      restrict(own, node, parent);
      blend(own, node);
    }
    visitor.node(node, densities[depth] as Float64Array);
    if ((tree.column[node] as number) < 0) return;
    visit(node + 1, depth + 1, node);
    visit(tree.right[node] as number, depth + 1, node);
  };
  visit(0, 0, -1);
}
