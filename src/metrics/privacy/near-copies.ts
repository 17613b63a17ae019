import { type Table, takeRows } from "../../data/table.ts";
import { throwIfCancelled } from "../../errors.ts";
import { type MixedRows, UNIT } from "../../learners/neighbours/mixed-rows.ts";
import { type Neighbours, nearestRows } from "../../learners/neighbours/nearest.ts";
import { buildTree } from "../../learners/neighbours/tree.ts";
import { holm } from "../../math/holm.ts";
import { randomFromSeed } from "../../random.ts";
import type { Interval, Metric, Planting, Score } from "../metric.ts";
import {
  type Candidate,
  type Closest,
  type Cut,
  closestFirst,
  excessAmongClosest,
  MAX_TIES,
  type Pool,
} from "./closest.ts";
import { encodeMixed, fitMixedCodec, type MixedCodec } from "./mixed-table.ts";
import { type CopyTestInput, fullLadder, type Ladder, type PlantedLeak, plantedCount, plantLeaks } from "./plant.ts";
import { poolTrials } from "./pool-trials.ts";

/** Synthetic rows that lie closer to training rows than fresh real rows would. */
export const nearCopies: Metric = {
  name: "near-copies",
  title: "Excess near copies among the closest rows",
  family: "privacy",
  better: "lower",
  range: [-1, 1],
  source:
    "Nearest real row by ranks and labels, train against holdout, labels permuted over entities; Clopper & Pearson (1934), Kish (1965), Holm (1979)",
  definitionVersion: 1,
  explains:
    "Of the synthetic rows closest to any real row, the part that owes its place to training: how many more have a training row as their nearest than train's share of the real rows. Being far from the real rows proves nothing by itself; only the comparison with the holdout counts, so it sees nothing where the holdout was fitted on too.",
  measure: (input) => measureNearCopies(poolTrials(input), fullLadder),
};

const MAX_TARGETS = 20_000;
const FEWEST_ROWS = 20;

/** Measures {@link nearCopies} beside the leaks of a ladder. */
export async function measureNearCopies(input: CopyTestInput, ladder: Ladder): Promise<Score> {
  const { name: metric, title, family, definitionVersion, better } = nearCopies;
  const base = { metric, title, family, definitionVersion, better };
  const { train, holdout, synthetic, schema, alpha, executor, signal } = input;
  if (!holdout || holdout.rows === 0)
    return { ...base, notComputable: "This needs real rows that were not used for fitting (--holdout)." };
  if (synthetic.rows < FEWEST_ROWS)
    return {
      ...base,
      notComputable: `The synthetic table has ${synthetic.rows} rows; the test needs ${FEWEST_ROWS} at least.`,
    };
  const codec = fitMixedCodec([train, holdout], schema);
  const real = encodeMixed([train, holdout], codec);
  const tree = buildTree(real);
  const pool = poolOf(input);
  const targets = chooseTargets(input);
  const search = { executor, maxTies: MAX_TIES, signal };
  const neighbours = await nearestRows(tree, encodeMixed([targets.table], codec), search);
  const cuts = cutsOf(targets.table.rows, alpha);
  const random = randomFromSeed(input.seed).split("near-copies");
  const order = closestFirst(neighbours);
  const closest = excessAmongClosest(inOrder(order, neighbours), pool, {
    cuts,
    random: random.split("permutations"),
    always: true,
  });
  const shallow = closest.filter((_, i) => !cuts[i]?.deep);
  const adjusted = holm(shallow.map((cut) => cut.p));
  const planted = encodePlanted(input, { ladder, codec, targets });
  const found = await nearestRows(tree, planted.rows, { ...search, within: distancesTo(real, planted) });
  return {
    ...base,
    ...largest(closest),
    level: 1 - alpha,
    n: targets.table.rows,
    seeds: [input.seed],
    plantings: plantInto(
      { ...planted, found },
      {
        ladder,
        released: synthetic.rows,
        signal,
        honest: { order, neighbours, indexOf: targets.indexOf },
        evaluate: (walk, label) =>
          largest(
            excessAmongClosest(walk, pool, {
              cuts,
              random: random.split(label),
              always: false,
            }),
          ),
      },
    ),
    details: {
      unit: input.entities ? "entity" : "row",
      pi: pool.trainUnits / pool.label.length,
      targets: targets.table.rows,
      closest: closest.map(({ q, rows, trainShare, effectiveRows, value, low, high, p }, i) => ({
        q,
        rows,
        share: trainShare,
        effectiveRows,
        e: value,
        low,
        high,
        ...(i < shallow.length ? { p, pHolm: adjusted[i] } : {}),
      })),
    },
  };
}

/** The largest excess over the cuts. Each bound is at its share of alpha, so the largest lower bound is over a tolerance that every cut keeps
 * with probability at most alpha: Holm's first step is Bonferroni's. */
function largest(closest: readonly Closest[]): Interval {
  return {
    value: Math.max(...closest.map((cut) => cut.value)),
    low: Math.max(...closest.map((cut) => cut.low)),
    high: Math.max(...closest.map((cut) => cut.high)),
  };
}

/** Deep cuts hold so many rows that a small part of alpha is enough for them. */
const DEEP_ALPHA = 0.05;
const DEEP_SHARES = [0.1, 0.3, 1] as const;

/** The cuts: .25, .5, 1 and 2 % of the rows looked at, as far as they hold 20 rows; 5 % joins them where rows are few. Deeper ones, at a
 * twentieth of alpha, see a leak that many rows share behind closer ones that are nobody's copy (natural twins). */
function cutsOf(rows: number, alpha: number): (Cut & { readonly deep: boolean })[] {
  const shallow = shallowCuts(rows);
  const last = shallow.at(-1)?.rows ?? 0;
  const deep = DEEP_SHARES.map((q) => ({ q, rows: Math.round(q * rows) })).filter((cut) => cut.rows > last);
  const kept = deep.length > 0 ? 1 - DEEP_ALPHA : 1;
  return [
    ...shallow.map((cut) => ({ ...cut, deep: false, alpha: (alpha * kept) / shallow.length })),
    ...deep.map((cut) => ({ ...cut, deep: true, alpha: (alpha * (1 - kept)) / deep.length })),
  ];
}

function shallowCuts(rows: number): { q: number; rows: number }[] {
  const shares = rows * 0.005 < FEWEST_ROWS ? [0.01, 0.02, 0.05] : [0.0025, 0.005, 0.01, 0.02];
  const cuts = shares.map((q) => ({ q, rows: Math.round(q * rows) })).filter((cut) => cut.rows >= FEWEST_ROWS);
  return cuts.length > 0 ? cuts : [{ q: FEWEST_ROWS / rows, rows: FEWEST_ROWS }];
}

function poolOf(input: CopyTestInput): Pool {
  const { train, entities } = input;
  const rows = train.rows + (input.holdout?.rows ?? 0);
  if (!entities)
    return {
      unitOf: Int32Array.from({ length: rows }, (_, i) => i),
      label: Uint8Array.from({ length: rows }, (_, i) => (i < train.rows ? 1 : 0)),
      trainUnits: train.rows,
    };
  const unitOf = new Int32Array(rows);
  const labels: number[] = [];
  const number = (entity: Int32Array, start: number, label: number): void => {
    const units = new Map<number, number>();
    entity.forEach((id, i) => {
      let unit = units.get(id);
      if (unit === undefined) {
        unit = labels.length;
        units.set(id, unit);
        labels.push(label);
      }
      unitOf[start + i] = unit;
    });
  };
  number(entities.train, 0, 1);
  const trainUnits = labels.length;
  number(entities.holdout, train.rows, 0);
  return { unitOf, label: Uint8Array.from(labels), trainUnits };
}

interface Targets {
  /** The synthetic rows that are looked at. */
  readonly table: Table;
  /** Of a synthetic row: its place among them, −1 when it is not looked at. */
  readonly indexOf: Int32Array;
}

/** All synthetic rows, or a random 20,000. */
function chooseTargets(input: CopyTestInput): Targets {
  const { synthetic, seed } = input;
  if (synthetic.rows <= MAX_TARGETS)
    return { table: synthetic, indexOf: Int32Array.from({ length: synthetic.rows }, (_, i) => i) };
  const chosen = randomFromSeed(seed).split("near-copies").split("targets").sample(synthetic.rows, MAX_TARGETS);
  const indexOf = new Int32Array(synthetic.rows).fill(-1);
  chosen.forEach((row, i) => {
    indexOf[row] = i;
  });
  return { table: takeRows(synthetic, chosen), indexOf };
}

function* inOrder(order: Uint32Array, neighbours: Neighbours): Generator<Candidate> {
  for (const row of order) yield { neighbours, row };
}

interface EncodedPlantings {
  readonly leaks: readonly (Pick<PlantedLeak, "leak" | "index" | "positions"> & {
    /** Places in `positions` that fall on rows looked at, ascending. */
    readonly places: Uint32Array;
    /** First of its rows in `rows`. */
    readonly start: number;
  })[];
  /** The planted rows that are looked at, leak after leak. */
  readonly rows: MixedRows;
  /** The training row each of them comes from. */
  readonly donors: Uint32Array;
}

function encodePlanted(
  input: CopyTestInput,
  options: { readonly ladder: Ladder; readonly codec: MixedCodec; readonly targets: Targets },
): EncodedPlantings {
  const { ladder, codec, targets } = options;
  const tables: Table[] = [];
  const donors: number[] = [];
  const leaks: EncodedPlantings["leaks"][number][] = [];
  for (const planted of plantLeaks(input, ladder)) {
    const places = Uint32Array.from(planted.positions.keys()).filter(
      (place) => (targets.indexOf[planted.positions[place] as number] as number) >= 0,
    );
    leaks.push({
      leak: planted.leak,
      index: planted.index,
      positions: planted.positions,
      places,
      start: donors.length,
    });
    tables.push(takeRows(planted.rows, places));
    for (const place of places) donors.push(planted.donors[place] as number);
  }
  return { leaks, rows: encodeMixed(tables, codec), donors: Uint32Array.from(donors) };
}

/** Distance of each planted row to the row it comes from: its nearest is no farther. */
function distancesTo(real: MixedRows, planted: EncodedPlantings): Float64Array {
  const { categories, numbers, cells } = real;
  const width = categories + numbers;
  return Float64Array.from(planted.donors, (donor, i) => {
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const gap = Math.abs((cells[donor * width + k] as number) - (planted.rows.cells[i * width + k] as number));
      sum += k < categories ? (gap === 0 ? 0 : UNIT) : gap;
    }
    return sum / UNIT;
  });
}

/** Scores the planted tables: the honest rows that stay, merged with the planted ones, closest first. */
function plantInto(
  planted: EncodedPlantings & { readonly found: Neighbours },
  options: {
    readonly ladder: Ladder;
    readonly released: number;
    readonly signal: AbortSignal | undefined;
    readonly honest: {
      readonly order: Uint32Array;
      readonly neighbours: Neighbours;
      readonly indexOf: Int32Array;
    };
    readonly evaluate: (walk: Iterable<Candidate>, label: string) => Interval;
  },
): Planting[] {
  const { ladder, released, honest, evaluate } = options;
  const { found } = planted;
  const out: Planting[] = [];
  for (const { leak, index, positions, places, start } of planted.leaks) {
    throwIfCancelled(options.signal);
    const order = Uint32Array.from(places.keys()).sort(
      (a, b) =>
        (found.distance[start + a] as number) - (found.distance[start + b] as number) ||
        (found.ties[start + a] as number) - (found.ties[start + b] as number) ||
        a - b,
    );
    const gone = new Uint8Array(honest.order.length);
    let replaced = 0;
    for (const share of ladder.shares) {
      const count = plantedCount(share, released);
      for (; replaced < count; replaced++) {
        const at = honest.indexOf[positions[replaced] as number] as number;
        if (at >= 0) gone[at] = 1;
      }
      const stay = (function* (): Generator<Candidate> {
        for (const row of honest.order) if (gone[row] === 0) yield { neighbours: honest.neighbours, row };
      })();
      const arrive = (function* (): Generator<Candidate> {
        for (const i of order) if ((places[i] as number) < count) yield { neighbours: found, row: start + i };
      })();
      out.push({ leak, share, index, ...evaluate(merged(stay, arrive), `${leak}-${share}-${index}`) });
    }
  }
  return out;
}

/** Two ascending walks as one. */
function* merged(a: Iterator<Candidate>, b: Iterator<Candidate>): Generator<Candidate> {
  let left = a.next();
  let right = b.next();
  while (!left.done || !right.done) {
    if (right.done || (!left.done && !isCloser(right.value, left.value))) {
      yield left.value as Candidate;
      left = a.next();
    } else {
      yield right.value;
      right = b.next();
    }
  }
}

function isCloser(x: Candidate, y: Candidate): boolean {
  const dx = x.neighbours.distance[x.row] as number;
  const dy = y.neighbours.distance[y.row] as number;
  if (dx !== dy) return dx < dy;
  return (x.neighbours.ties[x.row] as number) < (y.neighbours.ties[y.row] as number);
}
