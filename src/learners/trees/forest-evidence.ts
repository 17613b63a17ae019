import { countUpTo } from "../../math/sorted-search.ts";
import type { Random } from "../../random.ts";
import type { CodeEvidence } from "../code-rows.ts";
import { walkLeaves } from "./forest-densities.ts";
import { askedOf, type ForestModel } from "./forest-model.ts";
import { goesLeft } from "./forest-tree.ts";

/** Log probability of the evidence on each row. */
export function logEvidenceAdversarialForest(data: {
  readonly model: ForestModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
}): Float64Array {
  const { model, rows, evidence } = data;
  if (!evidence.given) return new Float64Array(rows).fill(Math.log(commonWeights(model, evidence).total));
  const { log } = weighRows(data);
  const { codes } = model;
  for (let j = 0; j < codes.start.length - 1; j++) {
    const known = evidence.given.known[j];
    const given = evidence.given.codes[j];
    if (!known || !given) continue;
    for (let row = 0; row < rows; row++)
      if (known[row])
        log[row] = (log[row] as number) + Math.log(codes.share[256 * j + (given[row] as number)] as number);
  }
  return log;
}

/** A leaf for each row, drawn from the model given the evidence on the row: tree and node. */
export interface ChosenLeaves {
  readonly tree: Uint16Array;
  readonly node: Uint32Array;
}

/** Draws the leaf of each row given its evidence. A known code that never occurs says nothing. */
export function chooseLeaves(
  data: { readonly model: ForestModel; readonly rows: number; readonly evidence: CodeEvidence },
  random: Random,
): ChosenLeaves {
  if (data.evidence.given) return weighRows(data, random);
  const { rows } = data;
  const { tree, node, totals, total } = commonWeights(data.model, data.evidence);
  const chosen = { tree: new Uint16Array(rows), node: new Uint32Array(rows) };
  for (let row = 0; row < rows; row++) {
    const x = random.uniform() * total;
    const leaf = countUpTo(totals, x, 0, totals.length - 1);
    chosen.tree[row] = tree[leaf] as number;
    chosen.node[row] = node[leaf] as number;
  }
  return chosen;
}

/** Every leaf's weight under evidence that is the same for all rows: running totals, leaf by leaf. */
function commonWeights(
  model: ForestModel,
  evidence: CodeEvidence,
): { readonly tree: number[]; readonly node: number[]; readonly totals: Float64Array; readonly total: number } {
  const { start } = model.codes;
  const asked = askedOf(model.codes, evidence.weights);
  const weighted = evidence.weights.flatMap((weights, j) => (weights ? [j] : []));
  const tree: number[] = [];
  const node: number[] = [];
  const totals: number[] = [];
  let total = 0;
  const all = model.trees.length;
  model.trees.forEach((filled, t) => {
    const leaf = (v: number, density: Float64Array): void => {
      let weight = coverage(filled, v) / all;
      for (const j of weighted) {
        let sum = 0;
        for (let at = start[j] as number; at < (start[j + 1] as number); at++)
          sum += (density[at] as number) * (asked[at] as number);
        weight *= sum;
      }
      total += weight;
      tree.push(t);
      node.push(v);
      totals.push(total);
    };
    if (weighted.length > 0)
      walkLeaves(
        filled,
        { codes: model.codes, priorRows: filled.priorRows, factors: model.factors },
        { enters: () => true, leaf },
      );
    else for (let v = 0; v < filled.column.length; v++) if ((filled.column[v] as number) < 0) leaf(v, model.codes.mass);
  });
  return { tree, node, totals: Float64Array.from(totals), total };
}

/** The share of a tree's rows in a node; without rows the whole tree is one leaf. */
function coverage(tree: ForestModel["trees"][number], node: number): number {
  const all = tree.end[0] as number;
  return all === 0 ? 1 : ((tree.end[node] as number) - (tree.first[node] as number)) / all;
}

/** Terms smaller than e^−40 of the largest are below what a double can add. */
const NEGLIGIBLE = 40;

/** Row by row: log Σ over leaves of weight × chance of the groups known (not of codes inside them) and of what the weights ask, and, with a
 * random stream, one leaf drawn in proportion to those terms while they are summed, so that no term is kept. Rows go down a tree together,
 * and only to leaves whose box can hold what is known of them. */
function weighRows(
  data: { readonly model: ForestModel; readonly rows: number; readonly evidence: CodeEvidence },
  random?: Random,
): ChosenLeaves & { readonly log: Float64Array } {
  const { model, rows, evidence } = data;
  const { codes } = model;
  const { start, share, groupOf } = codes;
  const d = start.length - 1;
  const asked = askedOf(codes, evidence.weights);
  const known = Array.from({ length: d }, (_, j) => evidence.given?.known[j]);
  const given = Array.from({ length: d }, (_, j) => evidence.given?.codes[j]);
  // The place of each known cell that occurs; 0: nothing is known.
  const places = known.map((flags, j) => {
    const cells = given[j];
    if (!flags || !cells || !flags.includes(1)) return undefined;
    const out = new Uint32Array(rows);
    for (let row = 0; row < rows; row++) {
      const at = 256 * j + (cells[row] as number);
      if (flags[row] && (share[at] as number) > 0) out[row] = 1 + (start[j] as number) + (groupOf[at] as number);
    }
    return out;
  });
  const informed = places.flatMap((column, j) => (column ? [j] : []));
  const weighted = evidence.weights.flatMap((weights, j) => (weights ? [j] : []));
  const top = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  const sum = new Float64Array(rows);
  const tree = new Uint16Array(rows);
  const node = new Uint32Array(rows);
  const logDensity = new Float64Array(codes.mass.length);
  const logAsked = new Float64Array(d);
  // Rows that reach the node of each depth on the current path.
  const active: Uint32Array[] = [];
  const counts: number[] = [];
  active[0] = Uint32Array.from({ length: rows }, (_, row) => row);
  counts[0] = rows;
  model.trees.forEach((filled, t) => {
    const logWeight = -Math.log(model.trees.length);
    let deepest = 0;
    walkLeaves(
      filled,
      { codes: model.codes, priorRows: filled.priorRows, factors: model.factors },
      {
        enters(v, depth, parent) {
          deepest = depth;
          if (depth === 0) return rows > 0;
          const column = filled.column[parent] as number;
          const cells = places[column];
          const from = active[depth - 1] as Uint32Array;
          const count = counts[depth - 1] as number;
          if (!active[depth] || (active[depth] as Uint32Array).length < count) active[depth] = new Uint32Array(count);
          const own = active[depth] as Uint32Array;
          if (!cells) {
            own.set(from.subarray(0, count));
            counts[depth] = count;
            return true;
          }
          const left = v === parent + 1;
          const base = 1 + (start[column] as number);
          let kept = 0;
          for (let i = 0; i < count; i++) {
            const row = from[i] as number;
            const place = cells[row] as number;
            if (place === 0 || goesLeft(filled.set, parent, place - base) === left) own[kept++] = row;
          }
          counts[depth] = kept;
          return kept > 0;
        },
        leaf(v, density) {
          const own = active[deepest] as Uint32Array;
          const count = counts[deepest] as number;
          // Logarithms are taken when the first row needs them.
          logDensity.fill(1);
          const base = logWeight + Math.log(coverage(filled, v));
          for (const j of weighted) {
            let inside = 0;
            for (let at = start[j] as number; at < (start[j + 1] as number); at++)
              inside += (density[at] as number) * (asked[at] as number);
            logAsked[j] = Math.log(inside);
          }
          for (let i = 0; i < count; i++) {
            const row = own[i] as number;
            let log = base;
            for (let k = 0; k < informed.length; k++) {
              const place = (places[informed[k] as number] as Uint32Array)[row] as number;
              if (place === 0) continue;
              let term = logDensity[place - 1] as number;
              if (term > 0) {
                term = Math.log(density[place - 1] as number);
                logDensity[place - 1] = term;
              }
              log += term;
            }
            for (let k = 0; k < weighted.length; k++) {
              const j = weighted[k] as number;
              if (!known[j]?.[row]) log += logAsked[j] as number;
            }
            const highest = top[row] as number;
            if (!(log > highest - NEGLIGIBLE)) continue;
            let added = 1;
            if (log > highest) {
              sum[row] = (sum[row] as number) * Math.exp(highest - log) + 1;
              top[row] = log;
            } else {
              added = Math.exp(log - highest);
              sum[row] = (sum[row] as number) + added;
            }
            if (random && random.uniform() * (sum[row] as number) < added) {
              tree[row] = t;
              node[row] = v;
            }
          }
        },
      },
    );
  });
  const log = new Float64Array(rows);
  for (let row = 0; row < rows; row++) log[row] = (top[row] as number) + Math.log(sum[row] as number);
  return { tree, node, log };
}
