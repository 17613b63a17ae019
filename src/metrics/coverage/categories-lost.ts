import { type Column, columnOf, type Table, takeColumn } from "../../data/table.ts";
import { isQuantity, schemaOf } from "../../schema/schema.ts";
import type { Interval, Metric, MetricInput } from "../metric.ts";
import { headerOf, notApplicable, notComputable } from "../score.ts";

/** A category counts as lost when it is absent though this many rows of it were to be expected: by chance that happens once in e¹⁰ = 22,026. */
const EXPECTED = 10;

/** A label of fewer people than this is neither counted nor named: leaving it out may be on purpose. */
const LEAST_PEOPLE = 5;

/** How many real categories are absent from the whole synthetic table though expected at least ten times. */
export const categoriesLost: Metric = {
  name: "categories-lost",
  title: "Categories lost",
  family: "coverage",
  better: "lower",
  range: [0, Number.MAX_SAFE_INTEGER],
  source: "Count of categories with an expected count ≥ 10 and an observed count of 0 in the released table",
  definitionVersion: 1,
  explains:
    "Whether whole groups have vanished from the released table; not whether those that remain occur often enough (see column-shape), nor combinations of categories.",
  async measure(input) {
    const names = input.frames.reference.codec.columns
      .map(({ name }) => name)
      .filter((name) => isCategory(input, name));
    const columns = names.map((name) => ({
      name,
      real: heldByMany(input, name),
    }));
    const varying = columns.filter(({ real }) => real.size > 1);
    if (varying.length === 0)
      return notApplicable(categoriesLost, "No column has categories: there is nothing that could be lost.");
    const realRows = input.train.rows + (input.holdout?.rows ?? 0);
    if (realRows === 0 || input.synthetic.rows === 0)
      return notComputable(categoriesLost, "One side has no rows to count categories in.");
    const results = varying.map(({ name, real }) => ({
      name,
      ...compare(real, realRows, countLabels([columnOf(input.synthetic, name)]), input.synthetic.rows),
    }));
    const lost = results
      .flatMap(({ name, lost }) => lost.map((category) => ({ column: name, ...category })))
      .sort((a, b) => b.expected - a.expected);
    const ceiling = exact(freshLost(input, varying));
    const value = exact(lost.length);
    return {
      ...headerOf(categoriesLost),
      ...value,
      level: input.level,
      n: input.synthetic.rows,
      seeds: [input.seed],
      ceiling,
      // Permuting a column by itself keeps its categories.
      floor: ceiling,
      difference: exact(value.value - ceiling.value),
      worst: lost.slice(0, 50).map(({ column, label, expected }) => ({
        name: `${column} = ${label}`,
        value: 0,
        note: `expected ${Math.round(expected).toLocaleString("en-US")} times, found 0 times`,
      })),
      details: {
        checked: results.reduce((sum, { checked }) => sum + checked, 0),
        columns: varying.length,
        commonest: lost[0] ? { ...lost[0], expected: Math.round(lost[0].expected) } : null,
      },
    };
  },
};

function isCategory(input: MetricInput, name: string): boolean {
  const { kind } = schemaOf(input.schema, name);
  return !isQuantity(kind) && kind !== "identifier" && kind !== "constant";
}

/** Real rows by label, without the labels that too few people hold, where it is known whose row each is. */
function heldByMany(input: MetricInput, name: string): Map<string, number> {
  const { train, holdout, entities } = input;
  const parts = [columnOf(train, name), ...(holdout ? [columnOf(holdout, name)] : [])];
  const counts = countLabels(parts);
  if (!entities) return counts;
  const people = new Map<string, Set<number>>();
  parts.forEach((column, part) => {
    const of = part === 0 ? entities.train : entities.holdout;
    const cells = column.type === "text" ? column.codes : column.values;
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row] as number;
      if (column.type === "text" ? cell < 0 : Number.isNaN(cell)) continue;
      const label = column.type === "text" ? (column.dictionary[cell] as string) : String(cell);
      const held = people.get(label) ?? new Set();
      // A person is on one side only, but numbers may be given to each side anew.
      if (held.size < LEAST_PEOPLE) people.set(label, held.add(2 * (of[row] as number) + part));
    }
  });
  return new Map([...counts].filter(([label]) => (people.get(label)?.size ?? 0) >= LEAST_PEOPLE));
}

/** Rows by label; a number's label is the number as text. Missing cells do not count. */
function countLabels(parts: readonly Column[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const column of parts) {
    if (column.type === "text") {
      const counts = new Float64Array(column.dictionary.length);
      for (const code of column.codes) if (code >= 0) counts[code] = (counts[code] as number) + 1;
      counts.forEach((count, code) => {
        const label = column.dictionary[code] as string;
        if (count > 0) out.set(label, (out.get(label) ?? 0) + count);
      });
      continue;
    }
    const counts = new Map<number, number>();
    for (const value of column.values) if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
    for (const [value, count] of counts) out.set(String(value), (out.get(String(value)) ?? 0) + count);
  }
  return out;
}

function compare(
  real: ReadonlyMap<string, number>,
  realRows: number,
  other: ReadonlyMap<string, number>,
  rows: number,
): {
  readonly lost: readonly { readonly label: string; readonly expected: number }[];
  readonly checked: number;
} {
  const lost: { label: string; expected: number }[] = [];
  let checked = 0;
  for (const [label, count] of real) {
    // Ten of a million synthetic rows that stand for two real ones are no evidence of loss: expect no more than the real rows hold.
    const expected = count * Math.min(1, rows / realRows);
    if (expected < EXPECTED) continue;
    checked++;
    if (!other.has(label)) lost.push({ label, expected });
  }
  return { lost, checked };
}

/** The same count for fresh real rows: what the holdout has and train lacks (without a holdout: one half of train against the other). */
function freshLost(
  input: MetricInput,
  columns: readonly { readonly name: string; readonly real: ReadonlyMap<string, number> }[],
): number {
  const { reference, fresh } = realParts(input);
  if (reference.rows === 0 || fresh.rows === 0) return 0;
  let lost = 0;
  for (const { name, real } of columns)
    lost += compare(
      new Map([...countLabels([reference.column(name)])].filter(([label]) => real.has(label))),
      reference.rows,
      countLabels([fresh.column(name)]),
      fresh.rows,
    ).lost.length;
  return lost;
}

interface Part {
  readonly rows: number;
  column(name: string): Column;
}

function realParts(input: MetricInput): { readonly reference: Part; readonly fresh: Part } {
  const whole = (table: Table): Part => ({ rows: table.rows, column: (name) => columnOf(table, name) });
  if (input.holdout) return { reference: whole(input.holdout), fresh: whole(input.train) };
  const order = input.random
    .split("categories-lost")
    .shuffle(Uint32Array.from({ length: input.train.rows }, (_, i) => i));
  const half = Math.floor(order.length / 2);
  const part = (rows: Uint32Array): Part => ({
    rows: rows.length,
    column: (name) => takeColumn(columnOf(input.train, name), rows),
  });
  return { reference: part(order.subarray(0, half)), fresh: part(order.subarray(half)) };
}

/** A count of the released table is what it is: no sampling stands between it and the claim. */
function exact(value: number): Interval {
  return { value, low: value, high: value };
}
