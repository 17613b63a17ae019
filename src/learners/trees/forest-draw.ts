import { type RandomKey, randomFrom } from "../../random.ts";
import type { CodeEvidence } from "../code-rows.ts";
import { walkLeaves } from "./forest-densities.ts";
import { chooseLeaves } from "./forest-evidence.ts";
import { askedOf, type ForestModel } from "./forest-model.ts";

/** Rows of codes, each drawn given the evidence: a leaf by its weight times the chance of the evidence in it, then column by column. */
export function drawAdversarialForest(data: {
  readonly model: ForestModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly key: RandomKey;
}): Uint8Array[] {
  const { model, rows, evidence } = data;
  const { codes } = model;
  const { start } = codes;
  const d = start.length - 1;
  const random = randomFrom(data.key);
  const out = Array.from({ length: d }, () => new Uint8Array(rows));
  const chosen = chooseLeaves(data, random.split("leaves"));
  const known = Array.from({ length: d }, (_, j) => evidence.given?.known[j]);
  known.forEach((flags, j) => {
    const cells = evidence.given?.codes[j];
    if (flags && cells)
      for (let row = 0; row < rows; row++) if (flags[row]) (out[j] as Uint8Array)[row] = cells[row] as number;
  });
  const asked = askedOf(codes, evidence.weights);
  const members = membersOf(model, evidence);
  const stream = random.split("cells");
  const chance = new Float64Array(codes.mass.length);

  const drawRow = (row: number, totals: Float64Array): void => {
    for (let j = 0; j < d; j++) {
      if (known[j]?.[row]) continue;
      const from = start[j] as number;
      let place = from;
      let left = stream.uniform() * (totals[j] as number);
      let last = from;
      for (const end = start[j + 1] as number; place < end; place++) {
        const x = chance[place] as number;
        if (!(x > 0)) continue;
        last = place;
        left -= x;
        if (left < 0) break;
      }
      (out[j] as Uint8Array)[row] = drawMember(members, last, stream.uniform);
    }
  };

  model.trees.forEach((tree, t) => {
    const rowsOf = rowsByNode(chosen, t, tree.column.length);
    const wanted = new Uint8Array(tree.column.length);
    for (let v = wanted.length - 1; v >= 0; v--)
      wanted[v] =
        (tree.column[v] as number) < 0
          ? Number((rowsOf.start[v + 1] as number) > (rowsOf.start[v] as number))
          : (wanted[v + 1] as number) | (wanted[tree.right[v] as number] as number);
    const totals = new Float64Array(d);
    walkLeaves(
      tree,
      { codes, priorRows: tree.priorRows, factors: model.factors },
      {
        enters: (v) => wanted[v] === 1,
        leaf(v, density) {
          for (let j = 0; j < d; j++) {
            let total = 0;
            for (let at = start[j] as number; at < (start[j + 1] as number); at++) {
              const x = (density[at] as number) * (asked[at] as number);
              chance[at] = x;
              total += x;
            }
            totals[j] = total;
          }
          for (let i = rowsOf.start[v] as number; i < (rowsOf.start[v + 1] as number); i++)
            drawRow(rowsOf.rows[i] as number, totals);
        },
      },
    );
  });
  return out;
}

/** Rows whose leaf lies in tree t, node by node. */
function rowsByNode(
  chosen: { readonly tree: Uint16Array; readonly node: Uint32Array },
  t: number,
  nodes: number,
): { readonly start: Uint32Array; readonly rows: Uint32Array } {
  const start = new Uint32Array(nodes + 1);
  const n = chosen.tree.length;
  for (let row = 0; row < n; row++) {
    if (chosen.tree[row] !== t) continue;
    const at = (chosen.node[row] as number) + 1;
    start[at] = (start[at] as number) + 1;
  }
  for (let v = 0; v < nodes; v++) start[v + 1] = (start[v + 1] as number) + (start[v] as number);
  const next = start.slice();
  const rows = new Uint32Array(start[nodes] as number);
  for (let row = 0; row < n; row++) {
    if (chosen.tree[row] !== t) continue;
    const v = chosen.node[row] as number;
    const at = next[v] as number;
    rows[at] = row;
    next[v] = at + 1;
  }
  return { start, rows };
}

/** The codes of each place, and running totals of their chances given what is asked. */
interface Members {
  readonly start: Uint32Array;
  readonly code: Uint8Array;
  readonly totals: Float64Array;
}

function membersOf({ codes }: ForestModel, evidence: CodeEvidence): Members {
  const places = codes.mass.length;
  const lists: [number, number][][] = Array.from({ length: places }, () => []);
  for (let j = 0; j < codes.start.length - 1; j++) {
    const weights = evidence.weights[j];
    for (let code = 0; code < 256; code++) {
      const share = (codes.share[256 * j + code] as number) * (weights ? (weights[code] ?? 0) : 1);
      if (share > 0) lists[(codes.start[j] as number) + (codes.groupOf[256 * j + code] as number)]?.push([code, share]);
    }
  }
  const start = new Uint32Array(places + 1);
  const code: number[] = [];
  const totals: number[] = [];
  lists.forEach((list, at) => {
    let total = 0;
    for (const [member, share] of list) {
      total += share;
      code.push(member);
      totals.push(total);
    }
    start[at + 1] = code.length;
  });
  return { start, code: Uint8Array.from(code), totals: Float64Array.from(totals) };
}

function drawMember({ start, code, totals }: Members, place: number, uniform: () => number): number {
  const first = start[place] as number;
  const last = (start[place + 1] as number) - 1;
  if (last <= first) return code[first] as number;
  const x = uniform() * (totals[last] as number);
  let at = first;
  while (at < last && (totals[at] as number) <= x) at++;
  return code[at] as number;
}
