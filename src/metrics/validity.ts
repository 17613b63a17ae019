import { INVALID_TOKEN } from "../data/align.ts";
import { type Column, columnOf, type Table, takeColumn } from "../data/table.ts";
import { wilson } from "../math/distributions.ts";
import { type ColumnSchema, isQuantity, schemaOf } from "../schema/schema.ts";
import type { Interval, Metric, MetricInput } from "./metric.ts";
import { headerOf, notApplicable, notComputable } from "./score.ts";

const DAY_MS = 86_400_000;
/** Beyond this many decimals a float64 no longer tells rounding from noise. */
const MOST_DECIMALS = 9;

/** Share of the synthetic cells that could stand in the real table: type, range, rounding, labels. */
export const validity: Metric = {
  name: "validity",
  title: "Valid cells",
  family: "validity",
  better: "higher",
  range: [0, 1],
  source:
    "Share of cells within the type, range, rounding and labels of schema and real data; as SDMetrics' diagnostic report",
  definitionVersion: 1,
  explains:
    "Whether each cell by itself is possible; not whether cells fit each other, nor whether their distribution is right.",
  async measure(input) {
    const names = input.frames.reference.codec.columns.map(({ name }) => name);
    if (input.synthetic.rows === 0) return notComputable(validity, "The synthetic table has no rows.");
    const checked = names
      .map((name) => ({ name, rules: rulesOf(input, name, realColumns(input, name)) }))
      .filter(({ rules }) => rules !== undefined) as { name: string; rules: Rules }[];
    if (checked.length === 0)
      return notApplicable(validity, "Every real column is empty: nothing says what a valid cell would be.");
    const columns = checked.map(({ name, rules }) => ({
      name,
      problems: findProblems(columnOf(input.synthetic, name), rules),
    }));
    const cells = input.synthetic.rows * checked.length;
    const invalid = columns.reduce((sum, { problems }) => sum + total(problems), 0);
    const value = 1 - invalid / cells;
    const ceiling = freshValidity(input, names);
    return {
      ...headerOf(validity),
      // Every cell of the released table was looked at: there is no sampling error.
      value,
      low: value,
      high: value,
      level: input.level,
      n: input.synthetic.rows,
      seeds: [input.seed],
      ...(ceiling
        ? {
            ceiling,
            // Permuting a column by itself keeps its cells.
            floor: ceiling,
            difference: { value: value - ceiling.value, low: value - ceiling.high, high: value - ceiling.low },
          }
        : {}),
      worst: columns
        .map(({ name, problems }) => ({
          name,
          value: 1 - total(problems) / input.synthetic.rows,
          note: describe(problems),
        }))
        .filter((part) => part.value < 1)
        .sort((a, b) => a.value - b.value)
        .slice(0, 50),
      details: {
        cells,
        invalid,
        problems: Object.fromEntries(
          PROBLEMS.map((problem) => [problem, columns.reduce((sum, column) => sum + column.problems[problem], 0)]),
        ),
        columnsWithProblems: columns.filter(({ problems }) => total(problems) > 0).length,
        skipped: names.length - checked.length,
      },
    };
  },
};

const PROBLEMS = ["type", "infinite", "range", "rounding", "label"] as const;
/** Invalid cells by the first rule that they break. */
type Problems = Record<(typeof PROBLEMS)[number], number>;

interface Rules {
  readonly type: Column["type"];
  readonly infinite: boolean;
  readonly low: number;
  readonly high: number;
  /** Values are multiples of this after scaling by 10^decimals; undefined: anything goes. */
  readonly decimals: number | undefined;
  readonly wholeDays: boolean;
  /** Labels that may occur; undefined: a quantity. */
  readonly labels: ReadonlySet<string> | undefined;
}

function realColumns(input: MetricInput, name: string): Column[] {
  return [columnOf(input.train, name), ...(input.holdout ? [columnOf(input.holdout, name)] : [])];
}

/** What the schema and these real cells allow; undefined when there is no real value to go by. */
function rulesOf(input: MetricInput, name: string, real: readonly Column[]): Rules | undefined {
  const meaning = schemaOf(input.schema, name);
  const quantity = isQuantity(meaning.kind) || (meaning.kind === "constant" && real[0]?.type !== "text");
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let infinite = false;
  const labels = new Set<string>(meaning.categories ?? []);
  const isDeclared = meaning.categories !== undefined;
  let values = 0;
  for (const column of real) {
    if (column.type === "text") {
      for (const code of column.codes) {
        if (code < 0) continue;
        values++;
        if (!isDeclared) labels.add(column.dictionary[code] as string);
      }
      continue;
    }
    for (const value of column.values) {
      if (Number.isNaN(value)) continue;
      values++;
      if (!Number.isFinite(value)) infinite = true;
      else {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      if (!quantity && !isDeclared) labels.add(String(value));
    }
  }
  if (values === 0) return undefined;
  // An inferred range leaves out the outermost few real values; a real value is never invalid.
  const range = meaning.range ?? [low, high];
  return {
    type: real[0]?.type ?? meaning.type,
    infinite,
    low: Math.min(low, range[0]),
    high: Math.max(high, range[1]),
    decimals: decimalsOf(meaning),
    wholeDays: real.every((column) => column.type === "date" && column.storage === "date"),
    labels: quantity ? undefined : labels,
  };
}

function decimalsOf({ kind, decimals }: ColumnSchema): number | undefined {
  if (kind === "integer") return 0;
  return kind === "continuous" && decimals !== undefined && decimals <= MOST_DECIMALS ? decimals : undefined;
}

function findProblems(column: Column, rules: Rules): Problems {
  const out: Problems = { type: 0, infinite: 0, range: 0, rounding: 0, label: 0 };
  if (column.type !== rules.type) {
    const n = column.type === "text" ? column.codes.length : column.values.length;
    for (let i = 0; i < n; i++)
      if (column.type === "text" ? (column.codes[i] as number) >= 0 : !Number.isNaN(column.values[i])) out.type++;
    return out;
  }
  if (column.type === "text") {
    const allowed = Uint8Array.from(column.dictionary, (label) => (rules.labels?.has(label) ? 1 : 0));
    for (const code of column.codes) if (code >= 0 && allowed[code] === 0) out.label++;
    return out;
  }
  // Words among numbers became missing cells when the tables were aligned; they remember that they were something else.
  const invalid = column.missing?.tokens.indexOf(INVALID_TOKEN) ?? -1;
  if (invalid >= 0)
    column.values.forEach((value, i) => {
      if (Number.isNaN(value) && column.missing?.codes[i] === invalid) out.type++;
    });
  const scale = 10 ** (rules.decimals ?? 0);
  const slack = 1e-9 * Math.max(Math.abs(rules.low), Math.abs(rules.high));
  for (const value of column.values) {
    if (Number.isNaN(value)) continue;
    if (!Number.isFinite(value)) {
      if (!rules.infinite) out.infinite++;
    } else if (rules.labels) {
      if (!rules.labels.has(String(value))) out.label++;
    } else if (value < rules.low - slack || value > rules.high + slack) out.range++;
    else if (rules.decimals !== undefined && !isWhole(value * scale)) out.rounding++;
    else if (rules.wholeDays && value % DAY_MS !== 0) out.rounding++;
  }
  return out;
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) <= 1e-6 + 1e-12 * Math.abs(value);
}

/** The same for fresh real rows, which also hold a new extreme or label now and then: one real side by the rules of the other. */
function freshValidity(input: MetricInput, names: readonly string[]): Interval | undefined {
  const { known, fresh } = realSides(input);
  let cells = 0;
  let invalid = 0;
  for (const name of names) {
    const rules = rulesOf(input, name, [known(name)]);
    if (!rules) continue;
    const column = fresh(name);
    cells += column.type === "text" ? column.codes.length : column.values.length;
    invalid += total(findProblems(column, rules));
  }
  if (cells === 0) return undefined;
  const { low, high } = wilson(cells - invalid, cells, (1 - input.level) / 2);
  return { value: 1 - invalid / cells, low, high };
}

function realSides(input: MetricInput): {
  readonly known: (name: string) => Column;
  readonly fresh: (name: string) => Column;
} {
  const of = (table: Table, rows?: Uint32Array) => (name: string) =>
    rows ? takeColumn(columnOf(table, name), rows) : columnOf(table, name);
  if (input.holdout) return { known: of(input.train), fresh: of(input.holdout) };
  const order = input.random.split("validity").shuffle(Uint32Array.from({ length: input.train.rows }, (_, i) => i));
  const half = Math.floor(order.length / 2);
  return { known: of(input.train, order.subarray(0, half)), fresh: of(input.train, order.subarray(half)) };
}

function total(problems: Problems): number {
  return PROBLEMS.reduce((sum, problem) => sum + problems[problem], 0);
}

const WORDS: Record<keyof Problems, string> = {
  type: "of another type",
  infinite: "infinite",
  range: "out of range",
  rounding: "finer than the source rounds",
  label: "with an unknown label",
};

function describe(problems: Problems): string {
  return PROBLEMS.filter((problem) => problems[problem] > 0)
    .map((problem) => `${problems[problem].toLocaleString("en-US")} ${WORDS[problem]}`)
    .join(", ");
}
