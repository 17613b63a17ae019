import { concatRows, type Table, takeRows } from "../../data/table.ts";
import { nearestRows } from "../../learners/neighbours/nearest.ts";
import { buildTree, type NeighbourTree } from "../../learners/neighbours/tree.ts";
import { fitBoosting, predictBoosting } from "../../learners/trees/boosting.ts";
import { encode } from "../../schema/encode.ts";
import type { MetricInput, Trial } from "../metric.ts";
import { localNeighbourhood } from "./local-neighbourhood.ts";
import { encodeMixed, fitMixedCodec, type MixedCodec } from "./mixed-table.ts";
import { runRandom } from "./singling-out.ts";

/** People asked about on each side, per run: what a low false-positive rate needs, bounded in time. */
const TARGETS = 1000;
/** Rows of each side that the classifier learns from, and that make a neighbourhood. */
const LEARNT = 4000;
const ISOLATED = 0.1;

/** Scores of members, then of as many non-members: the higher, the likelier a member. */
export interface MembershipScores {
  readonly attack: string;
  /** Every member's score, then every non-member's. */
  readonly scores: Float64Array;
  /** 1: among the most isolated tenth of its own side. */
  readonly isolated: Uint8Array;
  readonly perSide: number;
}

/** Plays every attack of the ensemble on a trial. Half of the non-members are targets and the other half what the attacker holds as a reference;
 * then the halves change places, so that all serve as both and none is compared with itself. */
export async function membershipScores(
  trial: Trial,
  seed: number,
  input: MetricInput,
): Promise<readonly MembershipScores[]> {
  const random = runRandom(input, seed);
  const order = random.split("non-members").shuffle(Uint32Array.from({ length: trial.holdout.rows }, (_, i) => i));
  const perHalf = Math.min(TARGETS >> 1, trial.holdout.rows >> 1, trial.train.rows >> 1);
  if (perHalf === 0 || trial.synthetic.rows === 0) return [];
  const members = random.split("members").sample(trial.train.rows, 2 * perHalf);
  const middle = order.length >> 1;
  const halves = [order.subarray(0, middle), order.subarray(middle)] as const;
  const codec = fitMixedCodec([trial.train, trial.holdout], input.schema);
  const released = buildTree(encodeMixed([trial.synthetic], codec));
  const parts: (readonly MembershipScores[])[] = [];
  for (const [h, half] of halves.entries()) {
    const targets = concatRows([
      takeRows(trial.train, members.slice(h * perHalf, (h + 1) * perHalf)),
      takeRows(trial.holdout, half.slice(0, perHalf)),
    ]);
    const reference = takeRows(trial.holdout, halves[1 - h] as Uint32Array);
    parts.push(
      await attackHalf(
        trial,
        { targets, reference, perHalf, codec, released },
        { ...input, random: random.split("half").split(h) },
      ),
    );
  }
  const [first, second] = parts as [readonly MembershipScores[], readonly MembershipScores[]];
  return first.map((a, i) => joinHalves(a, second[i] as MembershipScores));
}

interface Half {
  readonly targets: Table;
  readonly reference: Table;
  readonly perHalf: number;
  readonly codec: MixedCodec;
  /** All synthetic rows. */
  readonly released: NeighbourTree;
}

async function attackHalf(trial: Trial, half: Half, input: MetricInput): Promise<readonly MembershipScores[]> {
  const { targets, reference, perHalf, codec, released } = half;
  const queries = encodeMixed([targets], codec);
  const search = { executor: input.executor, signal: input.signal };
  // As many synthetic rows as reference rows where both are thinned alike would waste what was released: all of it is searched.
  const synthetic = await nearestRows(released, queries, { ...search, maxTies: 1 });
  const known = await nearestRows(buildTree(encodeMixed([reference], codec)), queries, { ...search, maxTies: 1 });
  const near = synthetic.distance;
  const far = known.distance;
  const isolated = mostIsolated(far, perHalf);
  const score = (attack: string, of: (i: number) => number): MembershipScores => ({
    attack,
    scores: Float64Array.from({ length: 2 * perHalf }, (_, i) => of(i)),
    isolated,
    perSide: perHalf,
  });
  const syntheticShare = await localNeighbourhood(
    queries,
    { synthetic: trial.synthetic, reference },
    { ...search, codec, most: LEARNT, random: input.random.split("neighbourhood") },
  );
  const classifier = classify(trial, half, input);
  const small = 1e-3;
  return [
    score("nearest synthetic row", (i) => -(near[i] as number)),
    score("distance difference", (i) => (far[i] as number) - (near[i] as number)),
    // The ratio of two nearest-neighbour density estimates, on the scale of one column.
    score("density ratio", (i) => Math.log(((far[i] as number) + small) / ((near[i] as number) + small))),
    score("equal rows", (i) =>
      near[i] === 0 ? (synthetic.ties[i] as number) / Math.max(1, far[i] === 0 ? (known.ties[i] as number) : 1) : 0,
    ),
    score("local neighbourhood", (i) => syntheticShare[i] as number),
    score("classifier", (i) => classifier[i] as number),
  ];
}

/** Chance of being synthetic rather than real, by boosted trees that learnt synthetic rows from reference rows (LOGAN, black box). */
function classify(trial: Trial, { targets, reference }: Half, input: MetricInput): Float64Array {
  const rows = Math.min(LEARNT, trial.synthetic.rows, reference.rows);
  const side = (table: Table, label: string): Table =>
    takeRows(table, input.random.split(label).sample(table.rows, rows));
  const learnt = encode(concatRows([side(trial.synthetic, "synthetic"), side(reference, "reference")]), input.codec);
  const { columns } = learnt.codec;
  const target = new Uint8Array(2 * rows).fill(1, 0, rows);
  const model = fitBoosting({
    columns: learnt.codes,
    levels: columns.map(({ levels }) => levels),
    ordered: columns.map(({ ordered }) => ordered),
    target,
    objective: { kind: "logistic" },
    options: { trees: 40, leaves: 15 },
  });
  return predictBoosting(model, encode(targets, input.codec).codes);
}

/** The tenth of each side that is farthest from the reference rows: outliers are remembered first. */
function mostIsolated(distance: Float64Array, perHalf: number): Uint8Array {
  const out = new Uint8Array(distance.length);
  for (const start of [0, perHalf]) {
    const order = Uint32Array.from({ length: perHalf }, (_, i) => start + i).sort(
      (a, b) => (distance[b] as number) - (distance[a] as number) || a - b,
    );
    for (const i of order.subarray(0, Math.round(ISOLATED * perHalf))) out[i] = 1;
  }
  return out;
}

function joinHalves(a: MembershipScores, b: MembershipScores): MembershipScores {
  return pool([a, b]);
}

/** Runs of one attack as one: members of all, then non-members of all. */
export function pool(runs: readonly MembershipScores[]): MembershipScores {
  const [{ attack }] = runs as [MembershipScores];
  const perSide = runs.reduce((sum, run) => sum + run.perSide, 0);
  const scores = new Float64Array(2 * perSide);
  const isolated = new Uint8Array(2 * perSide);
  let at = 0;
  for (const side of [0, 1])
    for (const run of runs) {
      scores.set(run.scores.subarray(side * run.perSide, (side + 1) * run.perSide), at);
      isolated.set(run.isolated.subarray(side * run.perSide, (side + 1) * run.perSide), at);
      at += run.perSide;
    }
  return { attack, scores, isolated, perSide };
}
