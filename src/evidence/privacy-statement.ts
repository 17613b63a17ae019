import { z } from "zod";
import { epsilonFor, LEAST_DELTA } from "../dp/accountant.ts";
import type { BudgetLine, PrivacyUnit } from "../dp/budget.ts";
import { loneLabelChance } from "../dp/stable-histogram.ts";
import type { PrivacyFacts } from "../policy/facts.ts";

/** What a release promises, what it spent on what, and what is outside: `dp.json`. */
export interface PrivacyStatement {
  readonly format: "counterfoil-dp/1";
  /** In words. */
  readonly definition: string;
  /** What was asked for, and is promised. */
  readonly epsilon: number;
  readonly delta: number;
  /** All that could be spent, in zero-concentrated differential privacy. */
  readonly rho: number;
  readonly unit: PrivacyUnit;
  /** Which two tables the promise compares, in words. */
  readonly neighbours: string;
  /** Every question that was asked of the rows, in order. */
  readonly lines: readonly BudgetLine[];
  readonly spent: { readonly rho: number; readonly delta: number; readonly epsilon: number };
  /** Where the domain of each column comes from: declared, or found out for a part of the budget. */
  readonly columns: readonly {
    readonly column: string;
    readonly domain: "public" | "paid";
    /** In words. */
    readonly how: string;
  }[];
  readonly assumedPublic: readonly string[];
  readonly notCovered: readonly string[];
  /** The source, as far as the ledger of the machine knows its releases. */
  readonly source: {
    readonly id: string | null;
    readonly releasesBefore: number;
    /** At `totalDelta`, as the total. */
    readonly epsilonBefore: number;
    readonly totalEpsilon: number;
    readonly totalDelta: number;
    /** Of the policy. */
    readonly budget: { readonly epsilon: number; readonly delta: number } | null;
  };
}

/** A file of strangers must not keep a verifier busy for hours. */
const MOST_UNIT_ROWS = 10_000;
const MOST_LINES = 100_000;
const MOST_SIGMA = 2 ** 31;

const amount = z.number().min(0);
const limit = z.strictObject({ epsilon: z.number().gt(0), delta: z.number().gt(0).lt(1) });
/** The shape of `dp.json`. */
export const privacyStatementSchema = z.strictObject({
  format: z.literal("counterfoil-dp/1"),
  definition: z.string(),
  epsilon: z.number().gt(0),
  delta: z.number().gt(0).lt(1),
  rho: z.number().gt(0),
  unit: z.strictObject({
    kind: z.enum(["row", "group"]),
    column: z.string().optional(),
    rows: z.number().int().min(1).max(MOST_UNIT_ROWS),
  }),
  neighbours: z.string(),
  lines: z
    .array(
      z.strictObject({
        step: z.number().int(),
        mechanism: z.enum(["discrete-gaussian", "exponential", "stable-histogram"]),
        query: z.string(),
        rho: amount,
        delta: amount,
        sensitivity: amount,
        detail: z.record(z.string(), z.number()),
      }),
    )
    .max(MOST_LINES),
  spent: z.strictObject({ rho: amount, delta: amount, epsilon: amount }),
  columns: z.array(z.strictObject({ column: z.string(), domain: z.enum(["public", "paid"]), how: z.string() })),
  assumedPublic: z.array(z.string()),
  notCovered: z.array(z.string()),
  source: z.strictObject({
    id: z.string().nullable(),
    releasesBefore: z.number().int().min(0),
    epsilonBefore: amount,
    totalEpsilon: amount,
    totalDelta: amount,
    budget: limit.nullable(),
  }),
});

/** What a policy's rules may ask of the guarantee. */
export function privacyFactsOf({ definition, epsilon, delta, rho, unit, source }: PrivacyStatement): PrivacyFacts {
  return {
    definition,
    epsilon,
    delta,
    rho,
    unit: unit.kind,
    unitRows: unit.rows,
    totalEpsilon: source.totalEpsilon,
    releases: source.releasesBefore + 1,
  };
}

/** A statement from the text of `dp.json`, after its sums were done again.
 * @returns the statement, or what does not fit, one sentence each */
export function checkPrivacyStatement(
  text: string,
): { readonly statement: PrivacyStatement; readonly problems: readonly string[] } | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "dp.json is not JSON.";
  }
  const parsed = privacyStatementSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `dp.json is malformed at ${issue?.path.map(String).join(".") || "its top"}: ${issue?.message}.`;
  }
  const statement = parsed.data as PrivacyStatement;
  return { statement, problems: problemsOf(statement) };
}

/** Two accountants may round otherwise. */
const TOLERANCE = 1e-6;

function problemsOf({ epsilon, delta, rho, lines, spent, source, unit }: PrivacyStatement): readonly string[] {
  const sum = (part: "rho" | "delta"): number => lines.reduce((total, line) => total + line[part], 0);
  const more = (a: number, b: number): boolean => a > b * (1 + TOLERANCE) + Number.MIN_VALUE;
  const differ = (a: number, b: number): boolean => more(a, b) || more(b, a);
  const found: string[] = [];
  for (const part of ["rho", "delta"] as const)
    if (differ(sum(part), spent[part]))
      found.push(`the lines add up to a ${part} of ${sum(part)}, and ${spent[part]} is said to be spent`);
  if (more(spent.rho, rho)) found.push(`a rho of ${spent.rho} was spent, and ${rho} was all that could be`);
  if (more(epsilonFor(rho, delta), epsilon)) found.push(`a rho of ${rho} is more than an epsilon of ${epsilon}`);
  const left = delta - spent.delta;
  if (left < LEAST_DELTA) found.push(`a delta of ${spent.delta} was spent, and ${delta} was asked for`);
  else {
    const converted = epsilonFor(spent.rho, left);
    if (more(converted, spent.epsilon))
      found.push(
        `a rho of ${spent.rho} at a delta of ${left} is an epsilon of ${converted}, and ${spent.epsilon} is said`,
      );
    if (more(Math.max(converted, spent.epsilon), epsilon))
      found.push(`an epsilon of ${Math.max(converted, spent.epsilon)} was spent, and ${epsilon} is promised`);
  }
  const steps = lines.findIndex(({ step }, i) => i > 0 && step <= (lines[i - 1]?.step as number));
  if (steps >= 0) found.push(`line ${steps + 1} is out of order`);
  for (const line of lines) {
    const wrong = costProblem(line, unit);
    if (wrong !== undefined) found.push(`line ${line.step} (${line.query}) ${wrong}`);
  }
  const { budget } = source;
  if (budget && (more(source.totalEpsilon, budget.epsilon) || more(source.totalDelta, budget.delta)))
    found.push(
      `the source has spent epsilon ${source.totalEpsilon} at delta ${source.totalDelta}, more than its budget of ${budget.epsilon} at ${budget.delta}`,
    );
  if (more(source.epsilonBefore, source.totalEpsilon)) found.push("the source had spent more before than in total");
  return found.map((words) => `dp.json does not add up: ${words}.`);
}

/** What is wrong with the cost of a line, as far as its noise tells: sensitivity² / (2 sigma²) for Gaussian noise, epsilon² / 8 for a choice;
 * and of a stable histogram, whether its threshold is as high as its delta asks. */
function costProblem(line: BudgetLine, unit: PrivacyUnit): string | undefined {
  const { mechanism, rho, delta, sensitivity, detail } = line;
  if (mechanism === "exponential") {
    const { epsilon } = detail;
    if (epsilon === undefined || !(epsilon >= 0)) return "says no epsilon";
    const cost = epsilon ** 2 / 8;
    return cost > rho * (1 + TOLERANCE) ? `costs a rho of ${cost} by its epsilon, and ${rho} is said` : undefined;
  }
  const { sigma, threshold } = detail;
  if (sigma === undefined || !(sigma > 0 && sigma <= MOST_SIGMA)) return "says no sigma that noise can have";
  if (sensitivity < unit.rows) return `counts rows at a sensitivity of ${sensitivity}, and one unit has ${unit.rows}`;
  const cost = sensitivity ** 2 / (2 * sigma ** 2);
  if (cost > rho * (1 + TOLERANCE)) return `costs a rho of ${cost} by its noise, and ${rho} is said`;
  if (mechanism === "discrete-gaussian") return undefined;
  if (threshold === undefined || !(delta > 0 && delta < 1)) return "says no threshold, or no delta that it is for";
  const chance = loneLabelChance(threshold, { sigma, rows: unit.rows });
  return chance <= delta
    ? undefined
    : `shows labels above ${threshold}, which one of a unit alone passes with a chance of ${chance}, more than its delta of ${delta}`;
}
