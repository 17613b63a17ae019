import { type Table, tableOf } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import type { SchemaOverride } from "../schema/file.ts";
import { publicSchema } from "../schema/public.ts";
import type { FittedTable, SampleTableOptions } from "../synthesizers/fitted-table.ts";
import {
  coverageInWords,
  MOST_PAIR_ROWS,
  type TestCases,
  type TestCoverage,
  testCases,
} from "../synthesizers/test-cases.ts";
import type { JobEvents, SynthesizeOptions } from "./job.ts";
import { TEST_PURPOSE } from "./purpose.ts";
import type { Source } from "./source.ts";

/** Test cases that follow the ordinary rows, as the result tells of them. */
export interface TestRows extends TestCoverage {
  /** The column that says what a row is for; empty in the ordinary rows. */
  readonly column: string;
  readonly mostPairRows: number;
  /** The policy has decided on the others alone. */
  readonly judged: false;
}

/** What is told of test cases before there are any. */
export interface TestPlan {
  readonly column: string;
  readonly mostPairRows: number;
}

/** Whether test cases are asked for.
 * @throws {InvalidArgument} they are, and rows under conditions or in shares too */
export function wantsTestCases(options: SynthesizeOptions): boolean {
  if (options.purpose !== TEST_PURPOSE) return false;
  if (options.where !== undefined || options.shares !== undefined)
    throw new InvalidArgument(
      "bad-purpose",
      `Test cases go beyond what rows are like, and ${options.where === undefined ? "--shares" : "--where"} says what every row is like: one cannot be had with the other.`,
      { advice: "Leave out --where and --shares, or --purpose test." },
    );
  return true;
}

/** Names the extra column: one that the source does not have. */
export function testPlan(source: Source, options: SynthesizeOptions): TestPlan {
  const taken = new Set(source.table.columns.map(({ name }) => name.toLowerCase()));
  let column = "test_case";
  for (let k = 2; taken.has(column); k++) column = `test_case_${k}`;
  return { column, mostPairRows: options.testPairRows ?? MOST_PAIR_ROWS };
}

/** Makes the test cases of a release, and tells what they cover. */
export async function testRowsOf(
  source: Source,
  how: Pick<SampleTableOptions, "random" | "executor" | "signal"> & {
    readonly fitted: FittedTable;
    readonly ordinary: Table;
    /** Rows that were drawn for the ordinary ones. */
    readonly drawn: number;
    readonly plan: TestPlan;
    readonly override: SchemaOverride | undefined;
    readonly events: JobEvents;
  },
): Promise<{ readonly cases: TestCases; readonly told: TestRows }> {
  const { plan, override, events, drawn, ...rest } = how;
  events.phase?.("test-cases", "boundary values, rare combinations, broken rules");
  const open = publicSchema(source.schema, source.table, source.groups);
  const rangeIn = (columns: typeof open.columns, name: string): string =>
    String(columns.find((column) => column.name === name)?.range);
  const cases = await testCases({
    ...rest,
    train: source.train,
    real: source.table,
    schema: open,
    declared: {
      // An end at which there are a few real rows is not released, and what lies beyond the released one may be allowed.
      ranges: (override?.columns ?? []).flatMap(({ name, range }) =>
        range && rangeIn(open.columns, name) === rangeIn(source.schema.columns, name) ? [name] : [],
      ),
      categories: (override?.columns ?? []).flatMap(({ name, categories }) => (categories ? [name] : [])),
    },
    mostPairRows: plan.mostPairRows,
    startRow: drawn,
  });
  for (const sentence of coverageInWords(cases.coverage, plan.column)) events.notice?.(sentence);
  return { cases, told: { ...plan, judged: false, ...cases.coverage } };
}

/** The rows with one more column: what each is a test case for.
 * @param names absent: ordinary rows */
export function withTestCases(table: Table, column: string, names: readonly string[] = []): Table {
  const dictionary = [...new Set(names)];
  const places = new Map(dictionary.map((name, code) => [name, code]));
  return tableOf(
    [
      ...table.columns,
      {
        name: column,
        type: "text",
        storage: "text",
        dictionary,
        codes: Int32Array.from({ length: table.rows }, (_, row) => places.get(names[row] ?? "") ?? -1),
      },
    ],
    table.rows,
  );
}
