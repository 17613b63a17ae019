import { concatRows, type Table, tableOf, takeRows } from "../data/table.ts";
import { wilson } from "../math/distributions.ts";
import { type BrokenRows, brokenRowsOf, type KnownRows, type Parents } from "../schema/broken-rows.ts";
import { type Constraint, columnsOfConstraint, nameOfConstraint } from "../schema/constraints.ts";
import { compileRowExpression } from "../schema/row-expression.ts";
import type { IdentifierType } from "../schema/schema.ts";
import type { Interval, Metric, MetricInput, WorstPart } from "./metric.ts";
import { headerOf, notApplicable, notComputable } from "./score.ts";

/** Share of synthetic rows that break no declared constraint and repeat no key. */
export const constraints: Metric = {
  name: "constraints",
  title: "Declared constraints",
  family: "validity",
  better: "higher",
  range: [0, 1],
  source:
    "Share of rows within every constraint of the schema file, and without a second row of the same key; interval of a difference by Newcombe (1998), Statistics in Medicine",
  definitionVersion: 1,
  explains:
    "Whether rows keep the rules between cells and rows that somebody declared, and keys name one row; not rules that nobody declared.",
  async measure(input) {
    if (input.synthetic.rows === 0) return notComputable(constraints, "The synthetic table has no rows.");
    const { train, holdout, synthetic } = wholeTables(input);
    const rules = rulesOf(input);
    if (rules.length === 0)
      return notApplicable(
        constraints,
        "The schema declares no constraint, and no key of the real rows that the synthetic table has is unique.",
      );
    const parentless = rules.find(({ constraint }) => !hasParent(constraint, input.parents?.synthetic));
    if (parentless)
      return notComputable(
        constraints,
        `"${parentless.name}" needs the keys of the synthetic parent table, and none is given; \`evaluate\` takes it as --parent.`,
      );
    const released = new Set(synthetic.columns.map(({ name }) => name));
    for (const { constraint, name } of rules) {
      const lacking = columnsNamed(constraint, train).find((column) => !released.has(column));
      if (lacking !== undefined)
        return notComputable(constraints, `"${name}" needs the column "${lacking}", which the synthetic table lacks.`);
    }
    const sides = realSides(input, { train, holdout });
    const { parents } = input;
    const known = holdout ? concatRows([train, holdout]) : train;
    const results = rules.map((rule) =>
      resultOf(rule, {
        synthetic,
        real: known,
        ...sides,
        ofSynthetic: { schema: input.schema, real: known, parents: parents?.synthetic },
        ofReal: { schema: input.schema, real: known, parents: parents?.real },
        ofFresh: { schema: input.schema, real: sides.learnt, parents: parents?.real },
      }),
    );
    const alpha = (1 - input.level) / 2 / (results.length + 1);
    const whole = sideOf(results, "synthetic", synthetic.rows);
    const fresh = sideOf(results, "fresh", sides.fresh.rows);
    const value = 1 - whole.broken / whole.rows;
    const ceiling = ceilingOf(fresh, results.every(isHeldByAllReal), (1 - input.level) / 2);
    const differences = [
      { name: "all", ...differenceOf(whole, fresh, { exact: results.every(isHeldByAllReal), alpha }) },
      ...results.map((result) => ({
        name: result.name,
        ...differenceOf(result.synthetic, result.fresh ?? { rows: 1, broken: 0 }, {
          exact: isHeldByAllReal(result),
          alpha,
        }),
      })),
    ];
    // A rule that real rows break too would hide one that they hold.
    const worst = differences.reduce((a, b) => (b.high < a.high ? b : a));
    const details: ConstraintDetails = {
      broken: whole.broken,
      differenceOf: worst.name,
      rules: results.map(toldOf),
    };
    return {
      ...headerOf(constraints),
      // Every row of the released table was looked at: there is no sampling error.
      value,
      low: value,
      high: value,
      level: input.level,
      n: synthetic.rows,
      seeds: [input.seed],
      ceiling,
      difference: { value: worst.value, low: worst.low, high: worst.high },
      worst: worstOf(results),
      details: { ...details },
    };
  },
};

/** What the score's details hold. Counts of rows, no cell. */
export interface ConstraintDetails {
  /** Synthetic rows that break a rule. */
  readonly broken: number;
  /** The rule that `difference` is of, or "all". */
  readonly differenceOf: string;
  readonly rules: readonly ToldRule[];
}

export interface ToldRule {
  readonly name: string;
  /** False: a key, unique among the real rows. */
  readonly declared: boolean;
  /** Synthetic rows that have every cell it needs, and those of them that break it. */
  readonly judged: number;
  readonly broken: number;
  /** The same for real rows; null where they cannot be judged. For combinations: fresh real rows, by those of the others. */
  readonly real: {
    readonly rows: number;
    /** Null: fewer than 5, and not none. */
    readonly broken: number | null;
  } | null;
}

interface Rule {
  readonly constraint: Constraint;
  readonly name: string;
  readonly declared: boolean;
}

interface Count {
  readonly rows: number;
  readonly broken: number;
}

interface Result extends Rule {
  readonly judged: number;
  readonly synthetic: Count & { readonly mask: Uint8Array };
  readonly fresh: (Count & { readonly mask: Uint8Array }) | undefined;
  readonly real: Count | undefined;
}

/** Modelled columns and the others, side by side. */
function wholeTables(input: MetricInput): {
  readonly train: Table;
  readonly holdout: Table | undefined;
  readonly synthetic: Table;
} {
  const { unmodelled } = input;
  const beside = (table: Table, other: Table | undefined): Table =>
    other ? tableOf([...table.columns, ...other.columns], table.rows) : table;
  return {
    train: beside(input.train, unmodelled?.train),
    holdout: input.holdout && beside(input.holdout, unmodelled?.holdout),
    synthetic: beside(input.synthetic, unmodelled?.synthetic),
  };
}

/** Identifiers that other people, or other rows, may rightly share: that they differ in the real rows is chance. */
const SHARED: ReadonlySet<IdentifierType> = new Set<IdentifierType>([
  "person-name",
  "first-name",
  "last-name",
  "address",
  "city",
  "postcode",
  "ip",
  "url",
]);

/** What was declared, and the keys. */
function rulesOf(input: MetricInput): readonly Rule[] {
  const declared = (input.schema.constraints ?? []).map((constraint) => ({
    constraint,
    name: nameOfConstraint(constraint),
    declared: true,
  }));
  const released = new Set(input.unmodelled?.synthetic.columns.map(({ name }) => name));
  const keys = input.schema.columns.flatMap(({ name, identifier }): readonly Rule[] => {
    if (!identifier?.unique || SHARED.has(identifier.type) || !released.has(name)) return [];
    const constraint = { kind: "unique", columns: [name] } as const;
    return declared.some((rule) => rule.name === nameOfConstraint(constraint))
      ? []
      : [{ constraint, name: `key: ${name}`, declared: false }];
  });
  return [...declared, ...keys];
}

function hasParent(constraint: Constraint, parents: Parents | undefined): boolean {
  return constraint.kind !== "references" || parents?.has(constraint.parent ?? "") === true;
}

function columnsNamed(constraint: Constraint, like: Table): readonly string[] {
  if (constraint.kind !== "equals" && constraint.kind !== "check") return columnsOfConstraint(constraint);
  const text = constraint.kind === "equals" ? constraint.formula : constraint.condition;
  const expression = compileRowExpression(text, like, constraint.kind === "equals" ? "number" : "condition");
  return [...columnsOfConstraint(constraint), ...("wrong" in expression ? [] : expression.columns)];
}

/** Real rows that combinations are learnt from, and others to judge by them. */
function realSides(
  input: MetricInput,
  tables: { readonly train: Table; readonly holdout: Table | undefined },
): { readonly learnt: Table; readonly fresh: Table } {
  const { train, holdout } = tables;
  if (holdout) return { learnt: train, fresh: holdout };
  const order = input.random.split("constraints").shuffle(Uint32Array.from({ length: train.rows }, (_, i) => i));
  const half = Math.floor(order.length / 2);
  return { learnt: takeRows(train, order.subarray(0, half)), fresh: takeRows(train, order.subarray(half)) };
}

function resultOf(
  rule: Rule,
  tables: {
    readonly synthetic: Table;
    readonly real: Table;
    readonly fresh: Table;
    readonly ofSynthetic: KnownRows;
    readonly ofReal: KnownRows;
    readonly ofFresh: KnownRows;
  },
): Result {
  const { constraint } = rule;
  const counted = ({ broken }: BrokenRows): Count & { readonly mask: Uint8Array } => ({
    rows: broken.length,
    broken: broken.reduce((sum, is) => sum + is, 0),
    mask: broken,
  });
  const made = brokenRowsOf(constraint, tables.ofSynthetic)(tables.synthetic);
  const judgeable = hasParent(constraint, tables.ofReal.parents);
  const fresh = judgeable ? counted(brokenRowsOf(constraint, tables.ofFresh)(tables.fresh)) : undefined;
  // Real rows hold their own combinations by definition.
  const real =
    fresh && constraint.kind !== "combinations" ? counted(brokenRowsOf(constraint, tables.ofReal)(tables.real)) : fresh;
  return {
    ...rule,
    judged: made.judged,
    synthetic: counted(made),
    fresh,
    real: real && { rows: real.rows, broken: real.broken },
  };
}

/** Rows that break any of the rules. */
function sideOf(results: readonly Result[], side: "synthetic" | "fresh", rows: number): Count {
  const any = new Uint8Array(rows);
  for (const { [side]: part } of results)
    part?.mask.forEach((is, row) => {
      if (is) any[row] = 1;
    });
  return { rows, broken: any.reduce((sum, is) => sum + is, 0) };
}

/** A declared rule without a counterexample is taken at its word: fresh rows hold it too. Which combinations occur is learnt, and is not. */
function isHeldByAllReal({ constraint, real }: Result): boolean {
  return constraint.kind !== "combinations" && (real?.broken ?? 0) === 0;
}

function ceilingOf({ rows, broken }: Count, exact: boolean, alpha: number): Interval {
  if (exact) return { value: 1, low: 1, high: 1 };
  return intervalOfShare({ rows, broken }, alpha);
}

function intervalOfShare({ rows, broken }: Count, alpha: number): Interval {
  const value = 1 - broken / rows;
  const { low, high } = wilson(rows - broken, rows, alpha);
  return { value, low: Math.min(low, value), high: Math.max(high, value) };
}

/** Share of synthetic rows that hold, minus that of fresh real rows. Where real rows break the rule too, as many synthetic rows would break it
 * now more and now less often, so both shares have an interval. */
function differenceOf(
  synthetic: Count,
  fresh: Count,
  options: { readonly exact: boolean; readonly alpha: number },
): Interval {
  const made = 1 - synthetic.broken / synthetic.rows;
  if (options.exact) return { value: made - 1, low: made - 1, high: made - 1 };
  const value = intervalOfShare(synthetic, options.alpha);
  const ceiling = intervalOfShare(fresh, options.alpha);
  const gap = value.value - ceiling.value;
  return {
    value: gap,
    low: gap - Math.hypot(value.value - value.low, ceiling.high - ceiling.value),
    high: gap + Math.hypot(value.high - value.value, ceiling.value - ceiling.low),
  };
}

const LEAST_TOLD = 5;

function toldOf({ name, declared, judged, synthetic, real }: Result): ToldRule {
  const few = real !== undefined && real.broken > 0 && real.broken < LEAST_TOLD;
  return {
    name,
    declared,
    judged,
    broken: synthetic.broken,
    real: real ? { rows: real.rows, broken: few ? null : real.broken } : null,
  };
}

function worstOf(results: readonly Result[]): readonly WorstPart[] {
  return results
    .filter(({ synthetic }) => synthetic.broken > 0)
    .sort((a, b) => b.synthetic.broken - a.synthetic.broken)
    .slice(0, 50)
    .map((result) => ({
      name: result.name,
      value: 1 - result.synthetic.broken / result.synthetic.rows,
      ...(isHeldByAllReal(result) ? { ceiling: 1 } : {}),
      note: `${countOf(result.synthetic.broken)} rows; of the real rows ${realWords(toldOf(result).real)}`,
    }));
}

/** "none", "fewer than 5", "37 of 2,000", or "unknown". */
export function realWords(real: ToldRule["real"]): string {
  if (real === null) return "unknown";
  if (real.broken === 0) return "none";
  return real.broken === null ? "fewer than 5" : `${countOf(real.broken)} of ${countOf(real.rows)}`;
}

function countOf(n: number): string {
  return n.toLocaleString("en-US");
}
