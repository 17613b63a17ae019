import { cellOf, columnOf, isMissing, type Table, tableOf } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import type { Random } from "../random.ts";
import type { ColumnCondition } from "../schema/column-condition.ts";
import { type Constraint, columnsOfConstraint } from "../schema/constraints.ts";
import { withoutCodes } from "../schema/reduce/missing-codes.ts";
import { tellParents } from "../schema/reduce/tell-parents.ts";
import type { Restore } from "../schema/reduce.ts";
import { compileRowExpression } from "../schema/row-expression.ts";
import { withGiven } from "./cells/with-given.ts";
import { type Asked, type AskedOf, askedBy, merged, standingConditions } from "./constrained/asked.ts";
import { completeRows } from "./constrained/complete-rows.ts";
import { drawnRows } from "./constrained/drawn-rows.ts";
import { decodeSteps, encodeCondition, encodePartly } from "./constrained/encoding.ts";
import { inIncrements, stillKeeping } from "./constrained/increments.ts";
import { type RowRule, rowRulesOf, uniqueRule } from "./constrained/rows.ts";
import { checkShares, inShares, type Shares } from "./shares.ts";
import type { DrawOptions, Fitted, FittedRecord, SampleOptions } from "./synthesizer.ts";
import { type TableContent, tableRecordOf } from "./table-record.ts";

export interface SampleTableOptions extends DrawOptions {
  /** A condition in CEL that every row meets: "age >= 65 && sex == 'F'". */
  readonly where?: string | undefined;
  /** Shares that the labels of a column get. */
  readonly shares?: Shares | undefined;
  /** Told as rows are made: how many were kept, of how many that were drawn. */
  readonly onAcceptance?: SampleOptions["onAcceptance"];
}

export interface CompleteTableOptions extends DrawOptions {
  /** The stream of the sample that the rows stand beside, and their first row's number in it: identifiers made anew then differ from the
   * sample's. Default: `random`, from row 0. */
  readonly beside?: { readonly random: Random; readonly startRow: number } | undefined;
  /** Told the rows that could not be filled within the constraints, instead of an error. */
  readonly onUnfilled?: ((rows: Uint32Array) => void) | undefined;
}

/** A synthesizer fitted to a whole table: its rows have all columns of the source, and keep the declared constraints. */
export interface FittedTable {
  /** What the synthesizer chose and left out, for the report: no cell of the data in it. */
  readonly notes: readonly string[];
  /** What became of columns that are not modelled, and of constraints. */
  readonly tableNotes: readonly string[];
  /** Rows that were learned from, as far as a privacy guarantee lets one know. */
  readonly learnedRows?: number;
  /** Exactly so many rows, in chunks, in the source's column order.
   * @throws {InvalidArgument} a condition or share that cannot be met, or is none
   * @throws {InvalidData} too few rows keep the constraints or meet the condition: the rate and what was broken are named */
  sample(rows: number, options: SampleTableOptions): AsyncIterable<Table>;
  /** Partly filled rows with every missing cell filled; columns that they lack are added, cells that are there stay; codes for
   * "missing" are not there. Declared constraints on rows hold.
   * @throws {InvalidData} rows that cannot be filled within the constraints */
  complete(table: Table, options: CompleteTableOptions): Promise<Table>;
  /** What {@link loadTable} reads. As private as the training rows, though it holds none of their identifiers. */
  save(): FittedRecord;
}

/** A synthesizer's model, and what belongs to the table around it. */
export interface TableParts {
  readonly fitted: Fitted;
  readonly restore: Restore;
  readonly content: TableContent;
}

/** A whole table to be sampled, of a model of its columns. */
export function fittedTable({ fitted, restore, content }: TableParts): FittedTable {
  const { steps, schema, known, like } = content;
  const constraints = known.map(({ constraint }) => constraint);
  const rules = known.flatMap(({ constraint, real }) => {
    const isModelled = columnsIn(constraint, like).every((name) => content.modelled.includes(name));
    return rowRulesOf([constraint], { schema, real }).map((rule) => ({ rule, isModelled }));
  });
  const early: readonly RowRule[] = rules.flatMap(({ rule, isModelled }) => (isModelled ? [rule] : []));
  // A model that draws again gains nothing by it.
  const standing = fitted.conditions === "exact" ? standingConditions(constraints, content) : [];
  async function* modelled(rows: number, options: SampleOptions): AsyncGenerator<Table> {
    for await (const chunk of fitted.sample(rows, options)) yield decodeSteps(chunk, steps);
  }
  // One sample has one set of rules against rows that were there before, however many parts it is drawn in.
  const uniqueRules = (): readonly RowRule[] =>
    constraints.flatMap((constraint) => (constraint.kind === "unique" ? [uniqueRule(constraint.columns, schema)] : []));
  const drawn = (
    rows: number,
    { asked, unique, ...options }: SampleOptions & { readonly asked: Asked; readonly unique: readonly RowRule[] },
  ): AsyncIterable<Table> =>
    drawnRows(rows, {
      ...options,
      where: merged([...standing, ...asked.conditions]),
      modelled,
      restore,
      early,
      late: [...rules.map(({ rule }) => rule), ...(asked.rule ? [asked.rule] : []), ...unique],
    });
  const incrementing = (asked: Asked, sample: () => AsyncIterable<Table>): AsyncIterable<Table> => {
    const increments = constraints.filter((constraint) => constraint.kind === "increments");
    if (increments.length === 0) return sample();
    const ordered = increments.reduce<() => AsyncIterable<Table>>(
      (chunks, constraint) => () => inIncrements(chunks, constraint),
      sample,
    )();
    return stillKeeping(ordered, {
      rules: [...rules.map(({ rule }) => rule), ...(asked.rule ? [asked.rule] : []), ...uniqueRules()],
      moved: increments.map(({ column }) => column),
    });
  };
  return {
    notes: fitted.notes,
    tableNotes: content.notes,
    ...(fitted.learnedRows === undefined ? {} : { learnedRows: fitted.learnedRows }),
    save: () => tableRecordOf(fitted.save(), content),
    async *sample(rows, { where, shares, ...options }) {
      const asked = where === undefined ? { conditions: [], rule: undefined } : askedBy(where, content);
      if (!shares) {
        yield* incrementing(asked, () => drawn(rows, { ...options, asked, unique: uniqueRules() }));
        return;
      }
      checkShares(shares);
      yield* incrementing(asked, () => {
        const unique = uniqueRules();
        return inShares(rows, {
          shares,
          random: options.random,
          drawn: (label, count, random) =>
            drawn(count, {
              ...options,
              random,
              asked: { ...asked, conditions: [...asked.conditions, labelCondition(shares.column, label, content)] },
              unique,
            }),
        });
      });
    },
    async complete(given, { beside, onUnfilled, ...options }) {
      const table = tableOf(
        given.columns.map((column) => {
          const meaning = schema.columns.find(({ name }) => name === column.name);
          return meaning ? withoutCodes(column, meaning) : column;
        }),
        given.rows,
      );
      const filled = await completeRows(table, {
        rules: early,
        options,
        onUnfilled,
        fill: async (part, own) => {
          const told = tellParents(part, content.restore, { like, random: own.random.split("parents") });
          const encoded = encodePartly(told, steps, own.random.split("known"));
          return decodeSteps(await fitted.complete(encoded, own), steps, (made) => withGiven(made, told));
        },
      });
      const { random, startRow } = beside ?? { random: options.random, startRow: 0 };
      const taken = identifiersIn(table, content);
      return withGiven(await restore(filled, startRow, random.split("restore"), taken), table);
    },
  };
}

function labelCondition(name: string, label: string, { like, modelled, steps }: AskedOf): ColumnCondition {
  const column = columnOf(like, name);
  const own: ColumnCondition =
    column.type === "text"
      ? { column: name, missing: false, labels: [label] }
      : { column: name, missing: false, intervals: [[Number(label), Number(label)]] };
  const told = modelled.includes(name) ? encodeCondition(own, steps) : undefined;
  if (told) return told;
  throw new InvalidArgument("bad-shares", `Shares cannot be asked of column "${name}": it follows from others.`, {
    advice: "Ask them of the column that it follows from.",
  });
}

/** The distinct identifiers of a partly filled table, by column. */
function identifiersIn(table: Table, { restore }: TableContent): ReadonlyMap<string, readonly string[]> {
  const out = new Map<string, readonly string[]>();
  for (const record of restore.columns) {
    const column =
      record.make === "identifier" ? table.columns.find(({ name }) => name === record.identifier.name) : undefined;
    if (!column) continue;
    const values = new Set<string>();
    for (let row = 0; row < table.rows; row++) if (!isMissing(column, row)) values.add(String(cellOf(column, row)));
    if (values.size > 0) out.set(column.name, [...values]);
  }
  return out;
}

/** Every column that a constraint looks at. */
function columnsIn(constraint: Constraint, like: Table): readonly string[] {
  const text =
    constraint.kind === "check" ? constraint.condition : constraint.kind === "equals" ? constraint.formula : undefined;
  if (text === undefined) return columnsOfConstraint(constraint);
  const expression = compileRowExpression(text, like, constraint.kind === "check" ? "condition" : "number");
  return [...columnsOfConstraint(constraint), ...("wrong" in expression ? [] : expression.columns)];
}
