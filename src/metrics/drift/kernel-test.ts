import { normalQuantile } from "../../math/distributions.ts";
import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import { exchange, kindsOf, type Sides } from "./sides.ts";

const FEATURES = 256;

/** What the test finds: its p-value, and scores of the tested half by the witness that the other half gives. */
export interface KernelTest {
  readonly p: number;
  /** Squared distance of the two sides' mean features. */
  readonly distance: number;
  readonly rows: Uint32Array;
  readonly scores: Float64Array;
}

/** Maximum mean discrepancy with a Gaussian kernel on mixed columns; a task.
 *
 * A row becomes a point: an ordered column as the normal score of its level's mid-rank in both sides together, with an indicator where it is
 * missing; any other as indicators, of which two differ by a distance of 1. The kernel (bandwidth: the median distance) is replaced by 256
 * random Fourier features, drawn without a look at which table a row is of. The statistic is the squared distance of the two sides' mean
 * features; its p-value comes from exchanging the labels of units, and is exact whatever the features are.
 * @source Gretton et al. (2012), JMLR 13; features: Rahimi & Recht (2007), NeurIPS; p: Phipson & Smyth (2010) */
export function kernelTest(
  data: Pick<Sides, "rows" | "isNew" | "unit" | "units" | "learns" | "codes"> & {
    readonly levels: readonly number[];
    readonly ordered: readonly boolean[];
    readonly missing: readonly number[];
    readonly permutations: number;
    readonly key: RandomKey;
  },
): KernelTest {
  const random = randomFrom(data.key);
  const features = featuresOf(data, random);
  // Sums of features per unit and side; a permutation adds up units.
  const kinds = kindsOf(data);
  const sums = [new Float64Array(data.units * FEATURES), new Float64Array(data.units * FEATURES)] as const;
  const counts = [new Float64Array(data.units), new Float64Array(data.units)] as const;
  const all = new Float64Array(FEATURES);
  for (let i = 0; i < data.rows; i++) {
    const side = data.isNew[i] as 0 | 1;
    const unit = data.unit[i] as number;
    counts[side][unit] = (counts[side][unit] as number) + 1;
    for (let f = 0; f < FEATURES; f++) {
      const value = features[i * FEATURES + f] as number;
      sums[side][unit * FEATURES + f] = (sums[side][unit * FEATURES + f] as number) + value;
      all[f] = (all[f] as number) + value;
    }
  }
  const own = new Float64Array(FEATURES);
  const distance = (turned: Uint8Array | undefined): number => {
    own.fill(0);
    let n = 0;
    for (let u = 0; u < data.units; u++) {
      const side = turned?.[u] ? 0 : 1;
      const rows = counts[side][u] as number;
      if (rows === 0) continue;
      n += rows;
      const from = sums[side];
      for (let f = 0, at = u * FEATURES; f < FEATURES; f++, at++) own[f] = (own[f] as number) + (from[at] as number);
    }
    if (n === 0 || n === data.rows) return 0;
    let square = 0;
    for (let f = 0; f < FEATURES; f++)
      square += ((own[f] as number) / n - ((all[f] as number) - (own[f] as number)) / (data.rows - n)) ** 2;
    return square;
  };
  const observed = distance(undefined);
  let asFar = 0;
  for (let b = 0; b < data.permutations; b++)
    if (distance(exchange(kinds, random.split("permutation").split(b))) >= observed * (1 - 1e-12)) asFar++;
  return { p: (asFar + 1) / (data.permutations + 1), distance: observed, ...witness(data, features) };
}

/** How much nearer a tested row is to the new side's mean features than to the old side's, both taken over the half that is learnt from. */
function witness(
  data: Pick<Sides, "rows" | "isNew" | "unit" | "learns">,
  features: Float32Array,
): { readonly rows: Uint32Array; readonly scores: Float64Array } {
  const means = [new Float64Array(FEATURES), new Float64Array(FEATURES)] as const;
  const counts = [0, 0];
  const isLearnt = (row: number): boolean => data.learns[data.unit[row] as number] === 1;
  for (let i = 0; i < data.rows; i++) {
    if (!isLearnt(i)) continue;
    const side = data.isNew[i] as 0 | 1;
    counts[side] = (counts[side] as number) + 1;
    for (let f = 0; f < FEATURES; f++)
      means[side][f] = (means[side][f] as number) + (features[i * FEATURES + f] as number);
  }
  const direction = means[1].map(
    (sum, f) => sum / Math.max(1, counts[1] as number) - (means[0][f] as number) / Math.max(1, counts[0] as number),
  );
  const rows = Uint32Array.from({ length: data.rows }, (_, i) => i).filter((row) => !isLearnt(row));
  const scores = Float64Array.from(rows, (row) => {
    let sum = 0;
    for (let f = 0; f < FEATURES; f++) sum += (direction[f] as number) * (features[row * FEATURES + f] as number);
    return sum;
  });
  return { rows, scores };
}

/** √(2 / D) cos(w · x + b), rows × features, row-major. */
function featuresOf(
  data: Pick<Sides, "rows" | "codes"> & {
    readonly levels: readonly number[];
    readonly ordered: readonly boolean[];
    readonly missing: readonly number[];
  },
  random: Random,
): Float32Array {
  const points = data.codes.map((codes, j) => coordinates(codes, data, j));
  const bandwidth = medianDistance(points, data, random.split("pairs"));
  // A row's phases add up over columns: one list of numbers per level.
  const tables = points.map((levels, j) => {
    const own = random.split("directions").split(j);
    const width = levels.reduce((most, point) => Math.max(most, point.length), 0);
    const weights = Float64Array.from({ length: width * FEATURES }, () => own.normal() / bandwidth);
    return levels.map((point) => {
      const phases = new Float64Array(FEATURES);
      point.forEach((x, k) => {
        if (x !== 0)
          for (let f = 0; f < FEATURES; f++)
            phases[f] = (phases[f] as number) + x * (weights[k * FEATURES + f] as number);
      });
      return phases;
    });
  });
  const turn = random.split("turn");
  const shift = Float64Array.from({ length: FEATURES }, () => 2 * Math.PI * turn.uniform());
  const out = new Float32Array(data.rows * FEATURES);
  const phases = new Float64Array(FEATURES);
  const scale = Math.sqrt(2 / FEATURES);
  for (let i = 0; i < data.rows; i++) {
    phases.set(shift);
    for (let j = 0; j < tables.length; j++) {
      const own = (tables[j] as Float64Array[])[(data.codes[j] as Uint8Array)[i] as number] as Float64Array;
      for (let f = 0; f < FEATURES; f++) phases[f] = (phases[f] as number) + (own[f] as number);
    }
    for (let f = 0; f < FEATURES; f++) out[i * FEATURES + f] = scale * Math.cos(phases[f] as number);
  }
  return out;
}

/** The coordinates of each level of a column. */
function coordinates(
  codes: Uint8Array,
  data: {
    readonly levels: readonly number[];
    readonly ordered: readonly boolean[];
    readonly missing: readonly number[];
  },
  column: number,
): number[][] {
  const levels = data.levels[column] as number;
  const missing = data.missing[column] as number;
  const counts = new Float64Array(levels);
  for (const code of codes) counts[code] = (counts[code] as number) + 1;
  if (data.ordered[column]) {
    const known = counts.reduce((sum, count, level) => sum + (level < missing ? 0 : count), 0);
    let before = 0;
    return Array.from({ length: levels }, (_, level) => {
      if (level < missing) return [0, 1];
      const rank = (before + (counts[level] as number) / 2) / Math.max(1, known);
      before += counts[level] as number;
      return [counts[level] === 0 ? 0 : normalQuantile(Math.min(1 - 1e-6, Math.max(1e-6, rank))), 0];
    });
  }
  const held = [...counts.keys()].filter((level) => (counts[level] as number) > 0);
  return Array.from({ length: levels }, (_, level) => held.map((own) => (own === level ? Math.SQRT1_2 : 0)));
}

const PAIRS = 2000;

function medianDistance(
  points: readonly (readonly (readonly number[])[])[],
  data: Pick<Sides, "rows" | "codes">,
  random: Random,
): number {
  const squares = Float64Array.from({ length: PAIRS }, () => {
    const [a, b] = [random.integer(data.rows), random.integer(data.rows)];
    return points.reduce((sum, levels, j) => {
      const codes = data.codes[j] as Uint8Array;
      const [x, y] = [levels[codes[a] as number] as readonly number[], levels[codes[b] as number] as readonly number[]];
      return sum + x.reduce((own, value, k) => own + (value - (y[k] as number)) ** 2, 0);
    }, 0);
  }).sort();
  const median = squares[PAIRS >> 1] as number;
  return median > 0 ? Math.sqrt(median) : 1;
}
