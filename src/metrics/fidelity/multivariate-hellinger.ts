import { type FactoredGaussian, factored, gaussianHellinger } from "../../math/gaussian-hellinger.ts";
import { type Estimate, GROUPS, newEstimate } from "../jackknife.ts";
import type { Metric } from "../metric.ts";
import { embedFrames, type Points } from "../points.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

/** Added to every variance; an amount's own is 1, that of a label held by a share p of the rows p (1 − p). */
const RIDGE = 0.1;
const MOST_CELLS = 300_000;
const MOST_COLUMNS = 60;
/** Dimensions that labels may take, shared among the columns. */
const LABEL_DIMENSIONS = 120;

/** Hellinger distance of two normal distributions, fitted to the real and to the synthetic rows. */
export const multivariateHellinger: Metric = {
  name: "multivariate-hellinger",
  title: "Multivariate Hellinger distance",
  family: "fidelity",
  better: "lower",
  range: [0, 1],
  source:
    "Hellinger distance of two multivariate normals (Pardo 2006), as in El Emam, Mosquera, Fang & El-Hussuna (2022), JMIR Medical Informatics 10(4); ridge and embedding our choice",
  definitionVersion: 1,
  explains:
    "How far the means and covariances of all columns at once are off, in one number; it sees nothing beyond them, and grows with the number of columns, so compare with the ceiling.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(multivariateHellinger, few);
    const embedded = embedFrames(input, {
      random: input.random.split("multivariate-hellinger"),
      rowsFor: (columns) => Math.max(200, Math.floor(MOST_CELLS / columns)),
      mostColumns: MOST_COLUMNS,
    });
    if (!embedded)
      return notApplicable(multivariateHellinger, "No column varies among the real rows: there is nothing to fit.");
    const { reference, synthetic, ceiling, floor, rows } = embedded;
    const dimensions = labelDimensions([reference, ceiling]);
    const [real, made, fresh, apart] = [reference, synthetic, ceiling, floor].map((points) =>
      fitGaussians(points, dimensions),
    ) as [FactoredGaussian[], FactoredGaussian[], FactoredGaussian[], FactoredGaussian[]];
    const estimate = (side: FactoredGaussian[]): Estimate =>
      newEstimate().map((_, r) => gaussianHellinger(real[r] as FactoredGaussian, side[r] as FactoredGaussian));
    return comparedScore(
      multivariateHellinger,
      input,
      { value: estimate(made), ceiling: estimate(fresh), floor: estimate(apart) },
      {
        n: rows,
        details: {
          dimensions: (real[0] as FactoredGaussian).mean.length,
          columns: embedded.columns,
          ...(embedded.columns < embedded.columnsAvailable ? { chosenFrom: embedded.columnsAvailable } : {}),
          ...(rows < embedded.rowsAvailable ? { rowsAvailable: embedded.rowsAvailable } : {}),
          ridge: RIDGE,
        },
      },
    );
  },
};

/** Which labels have a dimension: the commonest of each column but the very commonest, which the others leave over. */
interface LabelDimensions {
  /** `of[column · 256 + label]`: the dimension after the amounts, or −1. */
  readonly of: Int32Array;
  readonly count: number;
}

function labelDimensions(sides: readonly Points[]): LabelDimensions {
  const width = (sides[0] as Points).labelWidth;
  const most = Math.max(1, Math.min(10, Math.floor(LABEL_DIMENSIONS / Math.max(1, width))));
  const of = new Int32Array(width * 256).fill(-1);
  let count = 0;
  for (let k = 0; k < width; k++) {
    const counts = new Float64Array(256);
    for (const { rows, labels } of sides)
      for (let i = 0; i < rows; i++) {
        const label = labels[i * width + k] as number;
        counts[label] = (counts[label] as number) + 1;
      }
    const ranked = [...counts.keys()]
      .filter((label) => (counts[label] as number) > 0)
      .sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
    for (const label of ranked.slice(1, 1 + most)) of[k * 256 + label] = count++;
  }
  return { of, count };
}

/** The normal distribution of all rows, then without each group. */
function fitGaussians(points: Points, dimensions: LabelDimensions): FactoredGaussian[] {
  const { rows, numberWidth, labelWidth, groups } = points;
  const size = numberWidth + dimensions.count;
  // Sums by block: the vectors, then their products; block 0 of all rows, block g + 1 of group g.
  const sums = Array.from({ length: GROUPS + 1 }, () => new Float64Array(size));
  const products = Array.from({ length: GROUPS + 1 }, () => new Float64Array(size * size));
  const counts = new Float64Array(GROUPS + 1);
  const index = new Int32Array(numberWidth + labelWidth);
  const value = new Float64Array(numberWidth + labelWidth);
  for (let i = 0; i < rows; i++) {
    const block = (groups[i] as number) + 1;
    let used = 0;
    for (let k = 0; k < numberWidth; k++) {
      index[used] = k;
      value[used++] = points.numbers[i * numberWidth + k] as number;
    }
    for (let k = 0; k < labelWidth; k++) {
      const dimension = dimensions.of[k * 256 + (points.labels[i * labelWidth + k] as number)] as number;
      if (dimension < 0) continue;
      index[used] = numberWidth + dimension;
      value[used++] = 1;
    }
    const [sum, product] = [sums[block], products[block]] as [Float64Array, Float64Array];
    counts[block] = (counts[block] as number) + 1;
    for (let a = 0; a < used; a++) {
      const x = value[a] as number;
      const line = index[a] as number;
      sum[line] = (sum[line] as number) + x;
      // Ascending indices: the lower triangle.
      for (let b = 0; b <= a; b++) {
        const at = line * size + (index[b] as number);
        product[at] = (product[at] as number) + x * (value[b] as number);
      }
    }
  }
  for (let block = 1; block <= GROUPS; block++) {
    counts[0] = (counts[0] as number) + (counts[block] as number);
    for (const blocks of [sums, products]) {
      const [all, own] = [blocks[0], blocks[block]] as [Float64Array, Float64Array];
      for (let c = 0; c < all.length; c++) all[c] = (all[c] as number) + (own[c] as number);
    }
  }
  return Array.from({ length: GROUPS + 1 }, (_, r) => {
    const left = (blocks: readonly Float64Array[], c: number): number =>
      ((blocks[0] as Float64Array)[c] as number) - (r === 0 ? 0 : ((blocks[r] as Float64Array)[c] as number));
    const n = (counts[0] as number) - (r === 0 ? 0 : (counts[r] as number));
    const mean = Float64Array.from({ length: size }, (_, c) => left(sums, c) / n);
    const covariance = new Float64Array(size * size);
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++)
        covariance[a * size + b] = left(products, a * size + b) / n - (mean[a] as number) * (mean[b] as number);
      covariance[a * size + a] = (covariance[a * size + a] as number) + RIDGE;
    }
    return factored({ mean, covariance });
  });
}
