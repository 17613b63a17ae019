import { InvalidArgument } from "../../errors.ts";
import { type Executor, runAll, type Task } from "../../executors/executor.ts";
import { nearest } from "../../math/nearest-name.ts";
import type { Random } from "../../random.ts";
import type { PreparedColumn } from "./columns.ts";
import type { TryData, TryScore } from "./grow-task.ts";
import type { Criterion, SequentialTreesOptions } from "./options.ts";
import { stepDataOf, stepsOf, type TrainingStep } from "./steps.ts";

/** A visit order and a split criterion for each of its steps. */
export interface Choice {
  /** Column indices. */
  readonly order: readonly number[];
  readonly missingFirst: boolean;
  /** One for each step; means nothing for steps that draw a class. */
  readonly criteria: readonly Criterion[];
  readonly notes: readonly string[];
}

/** Beyond so many columns a try costs more than it can tell. */
const MOST_COLUMNS = 200;

const ORDER_TITLES = {
  given: "columns as given",
  "fewest-values-first": "columns with few values first",
  "missing-first": "which cells are missing first, then columns with few values first",
} as const;
type OrderName = keyof typeof ORDER_TITLES;

const tryModule = new URL("./grow-task.js", import.meta.url).href;

/** Chooses the visit order, and how each number is split, on rows put aside inside the training rows. Orders are compared by likelihood: by
 * the chain rule the steps' log-likelihoods add up to that of the whole row, whatever the order. Criteria are compared by the quadratic
 * score, which does not mind small leaves as such: rows are drawn from a leaf, nobody reads probabilities off it.
 * @throws {InvalidArgument} the order names an unknown column, or leaves one out */
export async function choose(
  columns: readonly PreparedColumn[],
  options: SequentialTreesOptions,
  context: { readonly random: Random; readonly executor: Executor; readonly signal: AbortSignal | undefined },
): Promise<Choice> {
  const tooWide = columns.length > MOST_COLUMNS;
  const candidates: readonly OrderName[] =
    typeof options.order !== "string"
      ? ["given"]
      : options.order !== "auto"
        ? [options.order]
        : tooWide
          ? ["fewest-values-first"]
          : columns.some(({ plan }) => plan.kind === "quantity" && plan.hasMissing)
            ? ["given", "fewest-values-first", "missing-first"]
            : ["given", "fewest-values-first"];
  const orderOf = (name: OrderName): readonly number[] =>
    typeof options.order !== "string" ? namedOrder(columns, options.order) : sortedOrder(columns, name);
  const first: Criterion = options.criterion === "auto" ? "ranks" : options.criterion;
  const others: readonly Criterion[] = options.criterion === "auto" && !tooWide ? ["variance", "classes8"] : [];
  const plain = (name: OrderName): Omit<Choice, "criteria" | "notes"> => ({
    order: orderOf(name),
    missingFirst: name === "missing-first",
  });
  if (candidates.length === 1 && others.length === 0) {
    const choice = plain(candidates[0] as OrderName);
    return { ...choice, criteria: stepsOf(columns, choice).map(() => first), notes: [] };
  }

  const sample = sampleRows(columns, options.chooseRows, context.random);
  const attempt = async (
    steps: readonly TrainingStep[],
    criteria: readonly Criterion[],
    asked: readonly number[] = [...steps.keys()],
  ): Promise<TryScore[][]> => {
    const tasks = asked.map((s): Task => {
      const step = steps[s] as TrainingStep;
      const data: TryData = {
        ...stepDataOf(steps, step, options),
        growRows: step.rows.filter((row) => !sample.isTest[row]),
        testRows: step.rows.filter((row) => sample.isTest[row]),
        criteria: step.kind === "value" ? criteria : criteria.slice(0, 1),
      };
      return { module: tryModule, name: "tryStep", data };
    });
    return runAll<TryScore[]>(context.executor, tasks, { signal: context.signal });
  };

  const notes: string[] = [];
  let best:
    | { readonly name: OrderName; readonly total: number; readonly scores: readonly (readonly TryScore[])[] }
    | undefined;
  for (const name of candidates) {
    const steps = stepsOf(sample.columns, plain(name));
    const scores = await attempt(steps, [first]);
    let total = 0;
    scores.forEach(([score], s) => {
      total += ((score as TryScore).logLikelihood * steps[s]!.rows.length) / Math.max(1, sample.isTest.length);
    });
    if (candidates.length > 1)
      notes.push(`Visit order tried: ${ORDER_TITLES[name]}: log-likelihood ${total.toFixed(2)} a row.`);
    if (!best || total > best.total) best = { name, total, scores };
  }
  const { name, scores } = best as NonNullable<typeof best>;
  const choice = plain(name);
  const steps = stepsOf(sample.columns, choice);
  if (candidates.length > 1) notes.push(`Visit order chosen: ${ORDER_TITLES[name]}.`);
  const more = new Map<number, readonly TryScore[]>();
  if (others.length > 0) {
    const asked = [...steps.keys()].filter((s) => steps[s]!.kind === "value");
    const results = await attempt(steps, others, asked);
    asked.forEach((s, i) => {
      more.set(s, results[i] as readonly TryScore[]);
    });
  }
  const criteria = steps.map((step, s): Criterion => {
    if (step.kind !== "value") return first;
    const all = [...scores[s]!, ...(more.get(s) ?? [])].map(({ quadratic }) => quadratic);
    const at = all.indexOf(Math.max(...all));
    return at <= 0 ? first : (others[at - 1] as Criterion);
  });
  return { ...choice, criteria, notes };
}

function sortedOrder(columns: readonly PreparedColumn[], name: OrderName): readonly number[] {
  const given = columns.map((_, j) => j);
  if (name === "given") return given;
  return given.sort((a, b) => columns[a]!.plan.codec.levels - columns[b]!.plan.codec.levels || a - b);
}

function namedOrder(columns: readonly PreparedColumn[], names: readonly string[]): readonly number[] {
  const known = columns.map((column) => column.plan.name);
  const order = names.map((name) => {
    const at = known.indexOf(name);
    if (at >= 0) return at;
    const close = nearest(name, known);
    throw new InvalidArgument(
      "unknown-column",
      `Option "order" names the column "${name}", which the table does not have.${close ? ` Did you mean "${close}"?` : ""}`,
      { advice: `The columns are: ${known.slice(0, 60).join(", ")}${known.length > 60 ? ", …" : ""}.` },
    );
  });
  if (new Set(order).size < order.length)
    throw new InvalidArgument(
      "bad-option",
      `Option "order" names the column "${names.find((name, i) => names.indexOf(name) < i)}" twice.`,
    );
  // Columns that the user leaves out follow as given.
  return [...order, ...known.map((_, j) => j).filter((j) => !order.includes(j))];
}

/** Some rows of the prepared columns, a quarter of them to be tested on. */
function sampleRows(
  columns: readonly PreparedColumn[],
  most: number,
  random: Random,
): { readonly columns: readonly PreparedColumn[]; readonly isTest: Uint8Array } {
  const n = columns[0]?.codes.length ?? 0;
  const rows = random.split("rows").sample(n, Math.min(n, most));
  const coin = random.split("test");
  const isTest = Uint8Array.from(rows, () => (coin.uniform() < 0.25 ? 1 : 0));
  const gather = <T extends Uint8Array | Float64Array>(from: T, into: T): T => {
    for (let i = 0; i < rows.length; i++) into[i] = from[rows[i] as number] as number;
    return into;
  };
  const bytes = (from: Uint8Array): Uint8Array => gather(from, new Uint8Array(new SharedArrayBuffer(rows.length)));
  return {
    isTest,
    columns: columns.map((column) => ({
      ...column,
      codes: bytes(column.codes),
      usable: bytes(column.usable),
      ...(column.isLight ? { isLight: bytes(column.isLight) } : {}),
      ...(column.values
        ? { values: gather(column.values, new Float64Array(new SharedArrayBuffer(8 * rows.length))) }
        : {}),
    })),
  };
}
