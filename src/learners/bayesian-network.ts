import { type Random, type RandomKey, randomFrom, randomFromSeed } from "../random.ts";
import { type DrawnRows, drawColumn, type GroupCodes, groupCodesOf, pick } from "./bayesian-network/draw-columns.ts";
import { type AskedNode, askNode, type Conditioned, eliminate, workspaceFor } from "./bayesian-network/eliminate.ts";
import type { GroupedRows } from "./bayesian-network/family-search.ts";
import { fillTables } from "./bayesian-network/fill-tables.ts";
import { type Grouping, groupCodes } from "./bayesian-network/grouping.ts";
import { knownRows } from "./bayesian-network/known-rows.ts";
import { learnStructure } from "./bayesian-network/learn-structure.ts";
import type { BayesianNetworkModel, NetworkNode, NetworkStructure } from "./bayesian-network/model.ts";
import { type EliminationPlan, planElimination } from "./bayesian-network/plan-elimination.ts";
import { drawByRejection, drawByWeight, estimateLogEvidence } from "./bayesian-network/reject.ts";
import type { CodeEvidence, CodeRows } from "./code-rows.ts";

export type { BayesianNetworkModel } from "./bayesian-network/model.ts";

export interface BayesianNetworkFitOptions {
  /** "tree": every column has at most one parent; "greedy": at most `maxParents`. */
  readonly structure: "tree" | "greedy";
  readonly maxParents: number;
  /** Most groups of an ordered column. */
  readonly groups: number;
  /** Most rows that edges are learned from; tables are counted over all rows. */
  readonly fitRows: number;
}

export const DEFAULT_BAYESIAN_NETWORK: BayesianNetworkFitOptions = {
  structure: "greedy",
  maxParents: 5,
  groups: 16,
  fitRows: 100_000,
};

/** Most cells in the table of one column. */
const MOST_CELLS = 2 ** 19;
/** Cells that rows are grouped into for learning edges, all resolutions together: beyond, fewer rows are taken. */
const MOST_GROUPED_CELLS = 2e8;
/** Multiplications for one call of exact conditioning, and cells of one table; beyond, rows are drawn by rejection. */
const MOST_WORK = 2e9;
const MOST_TABLE = 2 ** 22;

export interface FittedNetwork {
  readonly model: BayesianNetworkModel;
  readonly structure: NetworkStructure;
  /** Rows that edges were learned from. */
  readonly structureRows: number;
}

/** Learns a discrete Bayesian network over groups of codes.
 *
 * Columns are merged into at most `groups` groups (neighbours of an order, about equal counts), which parents may also see at coarser
 * resolutions; inside a group, codes are drawn by their counts, given one parent where that tells something. Every code that occurs keeps
 * a chance under every configuration, no other code gets one.
 * @param data.key names the rows that edges are learned from
 * @source structure: `learnStructure`; tables: `familySearch` */
export function fitBayesianNetwork(data: {
  readonly rows: CodeRows;
  readonly options: BayesianNetworkFitOptions;
  readonly key: RandomKey;
}): FittedNetwork {
  const { rows: table, options, key } = data;
  const groupings = table.codes.map((codes, j) => {
    const counts = new Float64Array(table.levels[j] as number);
    for (let row = 0; row < table.rows; row++)
      counts[codes[row] as number] = (counts[codes[row] as number] as number) + 1;
    return groupCodes(counts, {
      ordered: table.ordered[j] as boolean,
      missing: table.missing[j] as number,
      groups: options.groups,
    });
  });
  const most = Math.min(options.fitRows, Math.floor(MOST_GROUPED_CELLS / (3 * Math.max(1, table.codes.length))));
  const all = groupRows(table, groupings);
  const some = table.rows <= most ? all : takeRows(all, randomFrom(key).sample(table.rows, most));
  // A table with far more cells than rows tells nothing that a smaller one does not.
  const maxCells = Math.min(MOST_CELLS, Math.max(4096, 16 * some.rows));
  const structure = learnStructure(some, { ...options, maxCells });
  const model = fillTables({
    rows: table.rows,
    codes: table.codes,
    levels: table.levels,
    groupings,
    groups: all.groups,
    families: structure.families,
  });
  return { model, structure, structureRows: some.rows };
}

/** Draws rows from a network given evidence. Exact: by variable elimination, once for all rows of which the same is known. Where that would
 * take too long, by rejection, which is exact too, but rows may be given up: `accepted` is 0 for those. Given cells row by row, every row is
 * drawn: one given up by rejection is then picked among forward draws by its weight. */
export function drawBayesianNetwork(data: {
  readonly model: BayesianNetworkModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly key: RandomKey;
}): Uint8Array[] | { readonly codes: Uint8Array[]; readonly accepted: Uint8Array } {
  const { model, rows, evidence, key } = data;
  const random = randomFrom(key);
  const bytes = (): Uint8Array => new Uint8Array(rows);
  const drawn: DrawnRows = {
    codes: model.nodes.map(() => new Uint8Array(new SharedArrayBuffer(rows))),
    groups: model.nodes.map(bytes),
    states: model.nodes.map(bytes),
  };
  const accepted = new Uint8Array(rows).fill(1);
  const lists = model.nodes.map(groupCodesOf);
  visitEvidence({ model, rows, evidence }, (group, { plan, codes, asked, exact }) => {
    if (exact) {
      const { tables } = exact();
      for (const row of group) drawStates(plan, { tables, drawn, row, random });
      for (const j of plan.columns) {
        if (plan.known[j] === "code")
          for (const row of group) {
            (drawn.codes[j] as Uint8Array)[row] = codes[j] as number;
            (drawn.groups[j] as Uint8Array)[row] = model.nodes[j]?.groupOf[codes[j] as number] as number;
          }
        else
          drawColumn(model, j, {
            rows: group,
            drawn,
            groupCodes: lists[j] as GroupCodes,
            random,
            plan,
            asked: asked[j],
          });
      }
    } else {
      const input = { plan, codes, asked, groupCodes: lists, random, drawn };
      const flags = drawByRejection(model, group, input);
      group.forEach((row, i) => {
        if (evidence.given && !flags[i]) drawByWeight(model, row, input);
        else accepted[row] = flags[i] as number;
      });
    }
    for (const j of model.order)
      if (!plan.inside[j]) drawColumn(model, j, { rows: group, drawn, groupCodes: lists[j] as GroupCodes, random });
  });
  return accepted.includes(0) ? { codes: [...drawn.codes], accepted } : [...drawn.codes];
}

/** Log probability of what is known of each row. Where exact elimination costs too much, an estimate by likelihood weighting, always the
 * same for the same evidence. */
export function logEvidenceBayesianNetwork(data: {
  readonly model: BayesianNetworkModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
}): Float64Array {
  const { model } = data;
  const out = new Float64Array(new SharedArrayBuffer(8 * data.rows));
  const lists = model.nodes.map(groupCodesOf);
  visitEvidence(data, (group, { plan, codes, asked, exact }) => {
    const log = exact
      ? exact().logEvidence
      : estimateLogEvidence(model, { plan, codes, asked, groupCodes: lists, random: randomFromSeed(1) });
    for (const row of group) out[row] = log;
  });
  return out;
}

/** Whether rows can be drawn exactly, without giving any up, whatever is asked of their columns by chances of codes. */
export function isAlwaysExact(model: BayesianNetworkModel): boolean {
  const { largest, cost } = planElimination(
    model,
    model.nodes.map(() => "weights"),
  );
  return largest <= MOST_TABLE && cost <= MOST_WORK;
}

/** Mean log-likelihood of rows under a network fitted to others; rows that hold a code that those lack are left out.
 * @returns −Infinity when there is none */
export function scoreBayesianNetwork(data: {
  readonly rows: CodeRows;
  readonly test: CodeRows;
  readonly options: BayesianNetworkFitOptions;
  readonly key: RandomKey;
}): number {
  const { test } = data;
  const { model } = fitBayesianNetwork(data);
  const known = test.codes.map(() => new Uint8Array(test.rows).fill(1));
  const logs = logEvidenceBayesianNetwork({
    model,
    rows: test.rows,
    evidence: { weights: [], given: { codes: test.codes, known } },
  }).filter(Number.isFinite);
  return logs.length === 0 ? Number.NEGATIVE_INFINITY : logs.reduce((sum, log) => sum + log, 0) / logs.length;
}

interface Question {
  readonly plan: EliminationPlan;
  /** The known codes, column by column. */
  readonly codes: Uint8Array;
  readonly asked: readonly (AskedNode | undefined)[];
  /** Conditions on the evidence; undefined: too costly. */
  readonly exact: (() => Conditioned) | undefined;
}

/** Visits rows, those of which the same is known together. */
function visitEvidence(
  data: { readonly model: BayesianNetworkModel; readonly rows: number; readonly evidence: CodeEvidence },
  visit: (rows: readonly number[], question: Question) => void,
): void {
  const { model, rows, evidence } = data;
  const asked = model.nodes.map((node, j) => {
    const weights = evidence.weights[j];
    return weights && asksAnything(node, weights) ? askNode(node, weights) : undefined;
  });
  const patterns = knownRows(
    rows,
    asked.map((node) => (node ? "weights" : "nothing")),
    evidence.given,
  );
  const plans = patterns.map(({ known }) => planElimination(model, known));
  const work = plans.reduce((sum, plan, p) => sum + plan.cost * (patterns[p]?.groups.length ?? 0), 0);
  const codes = new Uint8Array(model.nodes.length);
  patterns.forEach(({ known, groups }, p) => {
    const plan = plans[p] as EliminationPlan;
    const isExact = plan.largest <= MOST_TABLE && (work <= MOST_WORK || plan.cost <= MOST_WORK / Math.max(1, rows));
    const workspace = isExact ? workspaceFor(plan) : undefined;
    const used = asked.map((node, j) => (known[j] === "weights" ? node : undefined));
    for (const group of groups) {
      const row = group[0] as number;
      known.forEach((what, j) => {
        codes[j] = what === "code" ? (evidence.given?.codes[j]?.[row] as number) : 0;
      });
      visit(group, {
        plan,
        codes,
        asked: used,
        exact: workspace && (() => eliminate(model, plan, { codes, asked: used, workspace })),
      });
    }
  });
}

/** Whether a code that can occur is not certain to be as asked. */
function asksAnything({ emission, levels }: NetworkNode, weights: Float64Array): boolean {
  return emission.some((chance, at) => chance > 0 && weights[at % levels] !== 1);
}

/** Draws the states of a plan's variables, last eliminated first. */
function drawStates(
  plan: EliminationPlan,
  input: {
    readonly tables: readonly Float64Array[];
    readonly drawn: DrawnRows;
    readonly row: number;
    readonly random: Random;
  },
): void {
  const { tables, drawn, row, random } = input;
  for (let s = plan.steps.length - 1; s >= 0; s--) {
    const { variable, scope } = plan.steps[s] as EliminationPlan["steps"][number];
    const table = tables[s] as Float64Array;
    const size = plan.states[variable] as number;
    let at = 0;
    for (const v of scope) at = at * (plan.states[v] as number) + (drawn.states[v]?.[row] as number);
    const chances = table.subarray(at * size, (at + 1) * size);
    let total = 0;
    for (let x = 0; x < size; x++) total += chances[x] as number;
    (drawn.states[variable] as Uint8Array)[row] = pick(chances, size, random.uniform() * total);
  }
}

function groupRows(table: CodeRows, groupings: readonly Grouping[]): GroupedRows {
  const at = (resolution: number): Uint8Array[] =>
    groupings.map((grouping, j) => {
      const map = Uint8Array.from(grouping.groupOf, (group) => grouping.coarser[resolution]?.[group] as number);
      const codes = table.codes[j] as Uint8Array;
      const out = new Uint8Array(table.rows);
      for (let row = 0; row < out.length; row++) out[row] = map[codes[row] as number] as number;
      return out;
    });
  return { rows: table.rows, groupings, groups: [at(0), at(1), at(2)] };
}

function takeRows(data: GroupedRows, rows: Uint32Array): GroupedRows {
  return {
    rows: rows.length,
    groupings: data.groupings,
    groups: data.groups.map((columns) =>
      columns.map((column) => Uint8Array.from(rows, (row) => column[row] as number)),
    ),
  };
}
