import { columnOf, concatRows, sliceRows, type Table, takeRows } from "../data/table.ts";
import type { Executor } from "../executors/executor.ts";
import type { Random } from "../random.ts";
import { nameOfConstraint } from "../schema/constraints.ts";
import type { TableSchema } from "../schema/schema.ts";
import type { FittedTable } from "./fitted-table.ts";
import { type BoundaryValue, boundaryValues } from "./test-cases/boundary-values.ts";
import { BREAKING_ROWS, breakingRows } from "./test-cases/breaking-rows.ts";
import { type CaseMaker, caseMaker } from "./test-cases/complete-cases.ts";
import { type Factor, factorsOf } from "./test-cases/factors.ts";
import { markForbidden } from "./test-cases/forbidden-pairs.ts";
import { pairRows } from "./test-cases/pair-rows.ts";
import { COVERED, coverWith, FORBIDDEN, pairStates, UNREACHABLE } from "./test-cases/pair-states.ts";
import { type CellValue, withCells } from "./test-cases/row-edits.ts";
import { brokenBy, type TestRule, testRules } from "./test-cases/rules.ts";
import { testColumns } from "./test-cases/test-columns.ts";

/** Rows for rare combinations, unless another number is asked for. */
export const MOST_PAIR_ROWS = 1000;

export interface TestCaseOptions {
  readonly fitted: FittedTable;
  /** The ordinary synthetic rows that the test rows go with, or the first of them. */
  readonly ordinary: Table;
  /** What the model was fitted to: labels of at least 5 of its rows are used. */
  readonly train: Table;
  /** Every real row: no value outside a declared range is one of theirs. */
  readonly real: Table;
  /** With ranges that may be released (`schema/public.ts`). */
  readonly schema: TableSchema;
  /** Columns whose range or list of categories somebody declared: these are broken too. */
  readonly declared: { readonly ranges: readonly string[]; readonly categories: readonly string[] };
  /** Rows for rare combinations, at most; default: {@link MOST_PAIR_ROWS}. */
  readonly mostPairRows?: number | undefined;
  /** The stream that the ordinary rows were sampled with, and a number of rows that it did not draw more of: identifiers go on from there. */
  readonly random: Random;
  readonly startRow: number;
  readonly executor: Executor;
  readonly signal?: AbortSignal | undefined;
}

export interface TestCases {
  /** The columns of the ordinary rows. */
  readonly table: Table;
  /** What each row is for: "boundary: age = 90", "pair: sex = F & plan = gold, and 3 more", "breaks: order: a ≤ b". */
  readonly names: readonly string[];
  readonly coverage: TestCoverage;
}

/** What a table with test cases has of what there is to be had. */
export interface TestCoverage {
  readonly rows: { readonly boundary: number; readonly pairs: number; readonly breaking: number };
  readonly boundary: { readonly possible: number; readonly reached: number; readonly missed: readonly string[] };
  /** Combinations of two values of two columns. */
  readonly pairs: {
    readonly columns: number;
    /** Columns that were left out so that counting stays within bounds. */
    readonly columnsLeft: number;
    /** All but those that a declared constraint forbids. */
    readonly possible: number;
    readonly forbidden: number;
    readonly before: number;
    readonly after: number;
    /** No row could be made that has it and keeps the constraints. */
    readonly unreachable: number;
  };
  /** Rows that break each declared constraint, range and list of categories, and nothing else. */
  readonly breaking: readonly { readonly name: string; readonly rows: number }[];
}

/** Rows to test programs with, beside a table of ordinary synthetic rows: boundary values, rare combinations of two values, and rows that break the
 * declared rules one at a time. The model fills what a case does not ask for. They are no sample of anything: whoever measures a distribution leaves them out.
 * @throws {Cancelled} the signal fired */
export async function testCases(options: TestCaseOptions): Promise<TestCases> {
  const { ordinary, train, real, schema, declared, executor, signal } = options;
  const random = options.random.split("test-cases");
  const rules = testRules(ordinary, { schema, real, declared });
  const maker = caseMaker(options.fitted, {
    ordinary,
    rules,
    schema,
    startRow: options.startRow,
    random: options.random,
    executor,
    signal,
  });
  const columns = testColumns(train, schema).filter(({ meaning }) =>
    ordinary.columns.some(({ name }) => name === meaning.name),
  );
  const bases = await maker.draw(basesFor(rules));

  const values = boundaryValues(columns, train);
  const boundary = await boundaryRows(values, { maker, bases, rules });

  const determined = new Set((schema.constraints ?? []).flatMap(determinedBy));
  const factors = factorsOf(columns, ordinary, { determined, random: random.split("factors") });
  const counted = factors.slice(0, mostFactors(ordinary.rows));
  const states = pairStates(counted);
  coverWith(states, ordinary);
  const before = states.count(COVERED);
  const like = sliceRows(ordinary, 0, 0);
  coverWith(states, boundary.table);
  markForbidden(states, { rules, like, train, schema });
  const pairs = await pairRows(states, {
    maker,
    rules,
    like,
    most: options.mostPairRows ?? MOST_PAIR_ROWS,
    random: random.split("pairs"),
    signal,
  });

  const valid = concatRows([boundary.table, pairs.table]);
  const breaking = breakingRows(rules, {
    bases: takeRows(
      bases,
      Uint32Array.from({ length: bases.rows }, (_, row) => row).filter((row) => !boundary.used.has(row)),
    ),
    ordinary,
    columns,
    schema,
    real,
    random: random.split("breaking"),
    signal,
  });
  const reached = new Set(boundary.names);
  return {
    table: concatRows([valid, breaking.table]),
    names: [...boundary.names.map((name) => `boundary: ${name}`), ...pairs.names, ...breaking.names],
    coverage: {
      rows: {
        boundary: boundary.names.length,
        pairs: pairs.names.length,
        breaking: breaking.names.length,
      },
      boundary: {
        possible: values.length,
        reached: reached.size,
        missed: values.map(({ name }) => name).filter((name) => !reached.has(name)),
      },
      pairs: {
        columns: counted.length,
        columnsLeft: factors.length - counted.length,
        possible: states.total - states.count(FORBIDDEN),
        forbidden: states.count(FORBIDDEN),
        before,
        after: coveredBy(counted, [ordinary, valid]),
        unreachable: states.count(UNREACHABLE),
      },
      breaking: [...breaking.rules, ...unjudged(schema)],
    },
  };
}

/** What became of the cases, in sentences for people. */
export function coverageInWords(coverage: TestCoverage, column: string): readonly string[] {
  const { rows, boundary, pairs, breaking } = coverage;
  const count = (n: number): string => n.toLocaleString("en-US");
  const total = rows.boundary + rows.pairs + rows.breaking;
  const few = breaking.filter((rule) => rule.rows < BREAKING_ROWS);
  const names = (list: readonly string[]): string =>
    `${list
      .slice(0, 5)
      .map((name) => `"${name}"`)
      .join(", ")}${list.length > 5 ? ", …" : ""}`;
  return [
    `${count(total)} test cases follow the ordinary rows, marked in column "${column}": ${count(rows.boundary)} for boundary values, ${count(rows.pairs)} for rare combinations, ${count(rows.breaking)} that break a rule. They are made to be tested with and do not look like real rows: only the ordinary rows, where "${column}" is empty, were judged, and the decision is on these alone.`,
    `Boundary values: ${count(boundary.reached)} of ${count(boundary.possible)} reached${boundary.missed.length > 0 ? `; no row that keeps the constraints was found for ${names(boundary.missed)}` : ""}.`,
    `Combinations of two values (${count(pairs.columns)} columns): ${count(pairs.before)} of ${count(pairs.possible)} possible before, ${count(pairs.after)} with the test cases; ${count(pairs.unreachable)} could not be reached, ${count(pairs.forbidden)} are forbidden by a constraint.${pairs.columnsLeft > 0 ? ` ${count(pairs.columnsLeft)} further columns were not paired.` : ""}`,
    breaking.length === 0
      ? "No constraint, range or list of categories is declared in a schema file: there is no rule to break."
      : `Rules broken on purpose: ${count(breaking.length - few.length)} of ${count(breaking.length)} have ${BREAKING_ROWS} rows that break them and nothing else${few.length > 0 ? `; too few were found for ${names(few.map(({ name }) => name))}` : ""}.`,
  ];
}

/** Times that a row for a boundary value is drawn. */
const TRIES = 4;

/** Boundary values, each in a row of its own.
 * @returns `used`: the bases that were taken */
async function boundaryRows(
  values: readonly BoundaryValue[],
  how: {
    readonly maker: CaseMaker;
    readonly bases: Table;
    readonly rules: readonly TestRule[];
  },
): Promise<{ readonly table: Table; readonly names: readonly string[]; readonly used: ReadonlySet<number> }> {
  const { maker, bases, rules } = how;
  const used = new Set<number>();
  const tables: Table[] = [];
  const names: string[] = [];
  let forced = values.filter(({ isEmpty }) => !isEmpty);
  // What a row breaks beside others depends on what else was drawn for it.
  for (let tries = 0; tries < TRIES && forced.length > 0; tries++) {
    const made = await maker.complete(forced.map(({ column, cell }) => new Map([[column, cell]])));
    tables.push(made.table);
    for (const i of made.of) names.push(forced[i]?.name as string);
    forced = forced.filter((_, i) => !made.of.includes(i));
  }
  const done = new Set(names);
  for (const value of values) {
    if (done.has(value.name)) continue;
    const row = value.isEmpty
      ? firstFree(bases, used, () => true)
      : firstFree(bases, used, (at) => cellIs(bases, { row: at, ...value }));
    if (row === undefined) continue;
    const own = sliceRows(bases, row, row + 1);
    const table = value.isEmpty ? withCells(own, [{ row: 0, column: value.column, cell: value.cell }]) : own;
    if (brokenBy(rules, table).some((broken) => broken[0] === 1) || maker.keep(table).length === 0) continue;
    used.add(row);
    tables.push(table);
    names.push(value.name);
  }
  return { table: tables.length === 0 ? sliceRows(bases, 0, 0) : concatRows(tables), names, used };
}

function firstFree(bases: Table, used: ReadonlySet<number>, fits: (row: number) => boolean): number | undefined {
  for (let row = 0; row < bases.rows; row++) if (!used.has(row) && fits(row)) return row;
  return undefined;
}

function cellIs(
  table: Table,
  { row, column, cell }: { readonly row: number; readonly column: string; readonly cell: CellValue },
): boolean {
  const own = columnOf(table, column);
  return (own.type === "text" ? own.dictionary[own.codes[row] as number] : own.values[row]) === cell;
}

function coveredBy(factors: readonly Factor[], tables: readonly Table[]): number {
  const states = pairStates(factors);
  for (const table of tables) coverWith(states, table);
  return states.count(COVERED);
}

/** Constraints that cannot be judged without a parent table, and so not broken on purpose. */
function unjudged({ constraints = [] }: TableSchema): TestCoverage["breaking"] {
  return constraints
    .filter(({ kind }) => kind === "references")
    .map((constraint) => ({ name: nameOfConstraint(constraint), rows: 0 }));
}

/** Columns whose value others determine. */
function determinedBy(constraint: NonNullable<TableSchema["constraints"]>[number]): readonly string[] {
  return constraint.kind === "equals" || constraint.kind === "increments" ? [constraint.column] : [];
}

/** Valid rows to be changed: enough to search among, whatever the number of rules. */
function basesFor(rules: readonly TestRule[]): number {
  return Math.max(300, 4 * BREAKING_ROWS * rules.length);
}

/** Columns that are paired, so that counting costs at most some billion steps. */
function mostFactors(rows: number): number {
  return Math.min(200, Math.max(20, Math.floor(Math.sqrt(4e9 / Math.max(1, rows)))));
}
