import type { ForestCodes } from "./forest-codes.ts";
import { walkNodes } from "./forest-densities.ts";
import type { FilledTree } from "./forest-tree.ts";

/** Prior rows that are weighed against each other. */
const PRIORS: readonly number[] = [0.3, 2, 10, 50, 300, 2000];
const PASSES = 2;
/** Nodes' worth of an even belief in the priors. */
const EVEN_NODES = 2;

/** How much each node's marginals lean on their parent's: prior rows for each node and column, `out[node · columns + j]`.
 *
 * Given its parent's marginal p (inside the node's box), a node's counts are Dirichlet-multinomial with pseudo-counts α · p; α is one of a few,
 * and how often each is right for a column is learned from all nodes of the tree (empirical Bayes). A node that looks like its parent
 * leans on it, one that does not keeps what it counts. The posterior mean of the node's own weight, Σ P(α | counts) n / (n + α), is stored as the
 * prior rows that give it.
 * @source Mosimann (1962), Biometrika 49 (Dirichlet-multinomial); Robbins (1956) (empirical Bayes) */
export function smoothTree(tree: FilledTree, codes: ForestCodes): Float32Array {
  const { start } = codes;
  const d = start.length - 1;
  const n = tree.end[0] as number;
  const out = new Float32Array(new SharedArrayBuffer(4 * tree.column.length * d));
  const k = PRIORS.length;
  const counts = new Uint32Array(256);
  const touched = new Uint8Array(256);
  const logs = new Float64Array(k);
  let belief = new Float64Array(k * d).fill(1 / k);
  for (let pass = 0; pass < PASSES; pass++) {
    const sums = new Float64Array(k * d).fill(EVEN_NODES / k);
    walkNodes(tree, codes, {
      enters: () => true,
      node: () => undefined,
      prior(node, j, density) {
        const first = tree.first[node] as number;
        const end = tree.end[node] as number;
        const rows = end - first;
        const from = start[j] as number;
        let distinct = 0;
        // Within a leaf a column is sorted, within a node it is not.
        for (let i = j * n + first; i < j * n + end; i++) {
          const group = tree.groups[i] as number;
          if (counts[group] === 0) touched[distinct++] = group;
          counts[group] = (counts[group] as number) + 1;
        }
        let top = Number.NEGATIVE_INFINITY;
        for (let p = 0; p < k; p++) {
          const alpha = PRIORS[p] as number;
          let log = Math.log(belief[j * k + p] as number) - logRising(alpha, rows);
          // Most counts are small: their factors are multiplied before a logarithm is taken.
          let product = 1;
          for (let t = 0; t < distinct; t++) {
            const group = touched[t] as number;
            const count = counts[group] as number;
            const x = alpha * (density[from + group] as number);
            if (count > 4) log += logRising(x, count);
            else for (let i = 0; i < count; i++) product *= x + i;
            if (product < 1e-200 || product > 1e200) {
              log += Math.log(product);
              product = 1;
            }
          }
          log += Math.log(product);
          logs[p] = log;
          if (log > top) top = log;
        }
        for (let t = 0; t < distinct; t++) counts[touched[t] as number] = 0;
        let total = 0;
        for (let p = 0; p < k; p++) {
          const weight = Math.exp((logs[p] as number) - top);
          logs[p] = weight;
          total += weight;
        }
        let own = 0;
        for (let p = 0; p < k; p++) {
          const chance = (logs[p] as number) / total;
          sums[j * k + p] = (sums[j * k + p] as number) + chance;
          own += (chance * rows) / (rows + (PRIORS[p] as number));
        }
        const prior = rows === 0 ? 1 : rows / own - rows;
        out[node * d + j] = prior;
        return prior;
      },
    });
    belief = sums;
    for (let j = 0; j < d; j++) {
      let total = 0;
      for (let p = 0; p < k; p++) total += belief[j * k + p] as number;
      for (let p = 0; p < k; p++) belief[j * k + p] = (belief[j * k + p] as number) / total;
    }
  }
  return out;
}

/** log x (x + 1) … (x + count − 1), x > 0. */
function logRising(x: number, count: number): number {
  let log = 0;
  let product = 1;
  let i = 0;
  const plain = Math.min(count, Math.max(0, 16 - Math.floor(x)));
  for (; i < plain; i++) product *= x + i;
  if (i === count) return Math.log(product);
  log = Math.log(product);
  if (count - i <= 8) {
    product = 1;
    for (; i < count; i++) product *= x + i;
    return log + Math.log(product);
  }
  return log + logGammaOf(x + count) - logGammaOf(x + i);
}

/** Stirling's series; for x ≥ 15 its error is below 1e-13. */
function logGammaOf(x: number): number {
  const inverse = 1 / x;
  const square = inverse * inverse;
  return (x - 0.5) * Math.log(x) - x + inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
}
