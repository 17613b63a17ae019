import { columnOf, type DateColumn, type Table, takeRows } from "../data/table.ts";
import { wilson } from "../math/distributions.ts";
import { schemaOf } from "../schema/schema.ts";
import type { Interval, Metric, MetricInput } from "./metric.ts";
import { headerOf, notApplicable, notComputable } from "./score.ts";

/** Date columns that are looked at: their pairs grow with the square. */
const MOST_COLUMNS = 60;
/** Training rows that must show an order without exception. */
const LEAST_ROWS = 100;
const DAY_MS = 86_400_000;

/** Whether dates that never come the wrong way round in the training rows do so in the synthetic ones. */
export const dateOrder: Metric = {
  name: "date-order",
  title: "Order of dates",
  family: "validity",
  better: "higher",
  range: [0, 1],
  source: "Share of pairs of dates in the order that every training row has; interval by Wilson (1927), JASA",
  definitionVersion: 1,
  explains:
    "Whether dates that always follow each other do so in the synthetic rows; not how far apart they are, nor orders that a single real row breaks.",
  async measure(input) {
    if (input.synthetic.rows === 0) return notComputable(dateOrder, "The synthetic table has no rows.");
    const dates = input.train.columns
      .filter(({ name, type }) => {
        const { kind } = schemaOf(input.schema, name);
        return type === "date" && (kind === "date" || kind === "datetime");
      })
      .map(({ name }) => name);
    if (dates.length < 2)
      return notApplicable(dateOrder, "There are fewer than two columns of dates, and no order between them.");
    const names = dates.slice(0, MOST_COLUMNS);
    const pairs = ordersIn(input.train, names);
    if (pairs.length === 0)
      return notApplicable(
        dateOrder,
        `No two columns of dates are in one order in every training row (of ${LEAST_ROWS} at least) while their ranges overlap.`,
      );
    const made = pairs.map((pair) => ({ ...pair, ...countHeld(input.synthetic, pair) }));
    const checks = made.reduce((sum, { both }) => sum + both, 0);
    if (checks === 0)
      return notComputable(dateOrder, "No synthetic row has both dates of any pair whose order is known.");
    const broken = made.reduce((sum, pair) => sum + pair.broken, 0);
    const value = 1 - broken / checks;
    const ceiling = freshOrder(input, names, pairs);
    return {
      ...headerOf(dateOrder),
      // Every row of the released table was looked at: there is no sampling error.
      value,
      low: value,
      high: value,
      level: input.level,
      n: input.synthetic.rows,
      seeds: [input.seed],
      ...(ceiling
        ? {
            ceiling,
            difference: { value: value - ceiling.value, low: value - ceiling.high, high: value - ceiling.low },
          }
        : {}),
      worst: made
        .filter((pair) => pair.broken > 0)
        .sort((a, b) => b.broken / b.both - a.broken / a.both)
        .slice(0, 50)
        .map((pair) => ({
          name: `${pair.before} ≤ ${pair.after}`,
          value: 1 - pair.broken / pair.both,
          note: `${pair.broken.toLocaleString("en-US")} of ${pair.both.toLocaleString("en-US")} rows`,
        })),
      details: {
        pairs: pairs.length,
        checks,
        broken,
        columns: names.length,
        columnsLeftOut: dates.length - names.length,
      },
    };
  },
};

interface Pair {
  readonly before: string;
  readonly after: string;
  /** Milliseconds that count as one: a moment is compared with a day by the day. */
  readonly unit: number;
}

/** Pairs that are in order in every row that has both, where dates drawn apart could be out of it: some `before` is later than some `after`. */
function ordersIn(table: Table, names: readonly string[]): readonly Pair[] {
  const dates = names.map((name) => columnOf(table, name) as DateColumn);
  return dates.flatMap((before) =>
    dates.flatMap((after): readonly Pair[] => {
      const unit = before.storage === "date" || after.storage === "date" ? DAY_MS : 1;
      return after !== before && isOrder([before, after], unit)
        ? [{ before: before.name, after: after.name, unit }]
        : [];
    }),
  );
}

function isOrder([before, after]: readonly [DateColumn, DateColumn], unit: number): boolean {
  let both = 0;
  let latest = Number.NEGATIVE_INFINITY;
  let earliest = Number.POSITIVE_INFINITY;
  for (let row = 0; row < before.values.length; row++) {
    const a = Math.floor((before.values[row] as number) / unit);
    const b = Math.floor((after.values[row] as number) / unit);
    if (a > b) return false;
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    both++;
    if (a > latest) latest = a;
    if (b < earliest) earliest = b;
  }
  return both >= LEAST_ROWS && latest > earliest;
}

function countHeld(
  table: Table,
  pair: Pair,
  options: { readonly judged?: Uint8Array } = {},
): { readonly both: number; readonly broken: number } {
  const before = columnOf(table, pair.before);
  const after = columnOf(table, pair.after);
  if (before.type !== "date" || after.type !== "date") return { both: 0, broken: 0 };
  let both = 0;
  let broken = 0;
  for (let row = 0; row < table.rows; row++) {
    const a = Math.floor((before.values[row] as number) / pair.unit);
    const b = Math.floor((after.values[row] as number) / pair.unit);
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    both++;
    if (options.judged) options.judged[row] = 1;
    if (a > b) broken++;
  }
  return { both, broken };
}

/** The same for fresh real rows: the holdout, or one half of the training rows by the orders of the other. */
function freshOrder(input: MetricInput, names: readonly string[], pairs: readonly Pair[]): Interval | undefined {
  let fresh = input.holdout;
  let known = pairs;
  if (!fresh) {
    const order = input.random.split("date-order").shuffle(Uint32Array.from({ length: input.train.rows }, (_, i) => i));
    const half = Math.floor(order.length / 2);
    known = ordersIn(takeRows(input.train, order.subarray(0, half)), names);
    fresh = takeRows(input.train, order.subarray(half));
  }
  const table = fresh;
  const judged = new Uint8Array(table.rows);
  const counts = known.map((pair) => countHeld(table, pair, { judged }));
  const checks = counts.reduce((sum, { both }) => sum + both, 0);
  if (checks === 0) return undefined;
  const value = 1 - counts.reduce((sum, { broken }) => sum + broken, 0) / checks;
  // Checks of one row go together: no more of them are independent than there are rows.
  const rows = judged.reduce((sum, is) => sum + is, 0);
  const { low, high } = wilson(value * rows, rows, (1 - input.level) / 2);
  return { value, low: Math.min(low, value), high: Math.max(high, value) };
}
