import { type Column, cellOf, columnOf, isMissing, lengthOf, takeRows } from "../../data/table.ts";
import {
  type Estimate,
  GROUPS,
  groupStarts,
  LEAST_ROWS,
  meanEstimate,
  newEstimate,
  standardErrorOf,
} from "../../metrics/jackknife.ts";
import { isQuantity, schemaOf } from "../../schema/schema.ts";
import type { Monitor } from "./monitor.ts";

/** How much of the spread is left. */
export const varianceRatio: Monitor = {
  name: "variance-ratio",
  title: "Variance ratio",
  explains:
    "Variance of a column over that of the frozen real rows, as a geometric mean over columns: 1 keeps the spread, and a fall means that values draw together. Of labels, the variance of their indicators (1 − Σp²).",
  source: "Shumailov et al. (2024), Nature 631: the variance falls first in the tails; Gini (1912) for labels",
  read(table, { frozen, schema, random }) {
    if (table.rows < LEAST_ROWS) return null;
    const order = random.shuffle(Uint32Array.from({ length: table.rows }, (_, row) => row));
    const dealt = takeRows(table, order);
    const ratios = frozen.columns.flatMap((column) => {
      const isNumber = isQuantity(schemaOf(schema, column.name).kind) && column.type !== "text";
      const real = spreadOf(column, isNumber)[0] as number;
      if (!(real > 0)) return [];
      return [
        spreadOf(columnOf(dealt, column.name), isNumber).map((spread) => Math.log(Math.max(spread / real, LEAST))),
      ];
    });
    if (ratios.length === 0) return null;
    const mean = meanEstimate(ratios);
    const value = Math.exp(mean[0] as number);
    return { value, standardError: value * standardErrorOf(mean) };
  },
};

/** A column that lost all of its spread has lost 99 % of it: the mean of logarithms stays finite. */
const LEAST = 0.01;

/** Unbiased variance of the cells that are there, whole and without each group of rows. */
function spreadOf(column: Column, isNumber: boolean): Estimate {
  return isNumber && column.type !== "text" ? varianceOf(column.values) : impurityOf(column);
}

function varianceOf(values: Float64Array): Estimate {
  const starts = groupStarts(values.length);
  const centre = values.find((value) => !Number.isNaN(value)) ?? 0;
  const [count, sum, squares] = [0, 1, 2].map(() => new Float64Array(GROUPS + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let g = 0; g < GROUPS; g++)
    for (let row = starts[g] as number; row < (starts[g + 1] as number); row++) {
      const value = (values[row] as number) - centre;
      if (Number.isNaN(value)) continue;
      for (const at of [0, g + 1]) {
        count[at] = (count[at] as number) + 1;
        sum[at] = (sum[at] as number) + value;
        squares[at] = (squares[at] as number) + value * value;
      }
    }
  return newEstimate().map((_, r) => {
    const left = (total: Float64Array): number => (total[0] as number) - (r === 0 ? 0 : (total[r] as number));
    const n = left(count);
    return n < 2 ? 0 : Math.max(0, (left(squares) - left(sum) ** 2 / n) / (n - 1));
  });
}

/** The sum of the variances of the labels' indicators. */
function impurityOf(column: Column): Estimate {
  const rows = lengthOf(column);
  const starts = groupStarts(rows);
  const total = new Map<string | number, number>();
  const byGroup = Array.from({ length: GROUPS }, (_, g) => {
    const own = new Map<string | number, number>();
    for (let row = starts[g] as number; row < (starts[g + 1] as number); row++) {
      if (isMissing(column, row)) continue;
      const label = cellOf(column, row) as string | number;
      own.set(label, (own.get(label) ?? 0) + 1);
    }
    for (const [label, count] of own) total.set(label, (total.get(label) ?? 0) + count);
    return own;
  });
  const sumOf = (counts: Iterable<number>): number => [...counts].reduce((sum, count) => sum + count, 0);
  const all = sumOf(total.values());
  const squares = sumOf([...total.values()].map((count) => count * count));
  return newEstimate().map((_, r) => {
    const own = r === 0 ? undefined : byGroup[r - 1];
    let n = all;
    let left = squares;
    for (const [label, count] of own ?? []) {
      const before = total.get(label) as number;
      left += (before - count) ** 2 - before ** 2;
      n -= count;
    }
    return n < 2 ? 0 : Math.max(0, (1 - left / n ** 2) * (n / (n - 1)));
  });
}
