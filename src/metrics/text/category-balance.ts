import type { Random } from "../../random.ts";
import type { ColumnBalance } from "./input.ts";
import { cannotBeComputed, doesNotApply, type TextMetric, textScore } from "./text-metric.ts";

/** Whether samplers' shares survived what was rejected. */
export const categoryBalance: TextMetric = {
  name: "category-balance",
  title: "Categories against what was asked for, worst column",
  family: "diversity",
  better: "lower",
  range: [0, 1],
  source:
    "By exported category of which a sampler was told the shares: total variation distance between the shares in the release and those; the largest; percentile bootstrap over rows, 500 draws",
  definitionVersion: 1,
  explains:
    "Whether checks and filters rejected some categories more than others, so that the release is no longer what was ordered. Chance alone moves small releases: the expected distance without any such choice is in the details.",
  diagnostic: true,
  measure(input) {
    if (input.balance.length === 0)
      return doesNotApply(categoryBalance, "No exported column is a category with shares that were told.");
    if (input.run.accepted === 0) return cannotBeComputed(categoryBalance, "The release has no row.");
    const columns = input.balance
      .map((column) => ({ ...column, distance: distance(column.rows, column.intended) }))
      .sort((a, b) => b.distance - a.distance);
    const [worst] = columns as [(typeof columns)[number]];
    const drawn = bootstrap(worst, input.random.split("category-balance"));
    const tail = (1 - input.level) / 2;
    const at = (p: number): number => drawn[Math.round(p * (drawn.length - 1))] as number;
    return textScore(categoryBalance, input, {
      value: worst.distance,
      low: Math.min(worst.distance, at(tail)),
      high: Math.max(worst.distance, at(1 - tail)),
      n: total(worst.rows),
      drawn: true,
      worst: columns.map(({ name, distance: value }) => ({ name, value })),
      details: {
        columns: columns.map(({ name, rows, intended, distance: value }) => ({
          name,
          distance: value,
          byChance: expectedByChance(intended, total(rows)),
          labels: Object.fromEntries(
            [...new Set([...Object.keys(intended), ...Object.keys(rows)])]
              .slice(0, 50)
              .map((label) => [label, { rows: rows[label] ?? 0, intended: intended[label] ?? 0 }]),
          ),
        })),
      },
    });
  },
};

const DRAWS = 500;

function distance(rows: ColumnBalance["rows"], intended: ColumnBalance["intended"]): number {
  const n = total(rows);
  return distanceOfShares(
    Object.fromEntries(Object.entries(rows).map(([label, count]) => [label, count / n])),
    intended,
  );
}

function distanceOfShares(
  shares: Readonly<Record<string, number>>,
  intended: Readonly<Record<string, number>>,
): number {
  const labels = new Set([...Object.keys(shares), ...Object.keys(intended)]);
  let sum = 0;
  for (const label of labels) sum += Math.abs((shares[label] ?? 0) - (intended[label] ?? 0));
  return sum / 2;
}

function total(rows: ColumnBalance["rows"]): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0);
}

/** Distances of releases drawn with the shares of this one, ascending. */
function bootstrap({ rows, intended }: ColumnBalance, random: Random): Float64Array {
  const labels = Object.entries(rows);
  const n = total(rows);
  // Shares of a million rows move as those of two thousand, scaled.
  const drawn = Math.min(n, MOST_DRAWN);
  const scale = Math.sqrt(drawn / n);
  const edges: number[] = [];
  for (const [, count] of labels) edges.push((edges.at(-1) ?? 0) + count / n);
  const distances = Float64Array.from({ length: DRAWS }, () => {
    const counts = new Float64Array(labels.length);
    for (let i = 0; i < drawn; i++) {
      const u = random.uniform();
      const found = edges.findIndex((edge) => u < edge);
      const label = found < 0 ? labels.length - 1 : found;
      counts[label] = (counts[label] as number) + 1;
    }
    const shares = labels.map(([label, count], k): [string, number] => {
      const share = count / n;
      return [label, share + ((counts[k] as number) / drawn - share) * scale];
    });
    return distanceOfShares(Object.fromEntries(shares), intended);
  });
  return distances.sort();
}

const MOST_DRAWN = 2000;

/** Half the sum of the mean absolute deviations of binomial shares, each about √(2p(1 − p)/(πn)). */
function expectedByChance(intended: Readonly<Record<string, number>>, n: number): number {
  const sum = Object.values(intended).reduce((all, p) => all + Math.sqrt((2 * p * (1 - p)) / (Math.PI * n)), 0);
  return sum / 2;
}
