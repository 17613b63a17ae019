import { columnOf, type Table, tableOf, takeRows } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import { type Constraint, nameOfConstraint } from "../schema/constraints.ts";
import { withoutRows } from "../schema/declared-schema.ts";
import type { ConstantRecord } from "../schema/reduce/constant.ts";
import { withoutCodes } from "../schema/reduce/missing-codes.ts";
import { type RestoreRecord, reduceTable, restoreFrom } from "../schema/reduce.ts";
import { type ColumnSchema, schemaOf, type TableSchema } from "../schema/schema.ts";
import { constraintNotes } from "./constrained/constraint-notes.ts";
import { encodeConstraints } from "./constrained/encoding.ts";
import { keepsItsRules } from "./constrained/rows.ts";
import type { FitTableOptions } from "./fit-table.ts";
import { type FittedTable, fittedTable } from "./fitted-table.ts";
import { declaredLabels, missingTokens } from "./private/columns.ts";

/** Fits a synthesizer with a privacy guarantee to a whole table. Whatever surrounds the model is made of the schema alone: identifiers are numbered
 * or named without a look at the real ones, constants are as declared, formulas are computed, and each row is kept or not by rules on
 * itself. Only the synthesizer asks the rows, through the budget.
 * @throws {InvalidArgument} no budget, or a column without a domain */
export async function fitPrivateTable<O>(train: Table, how: FitTableOptions<O>): Promise<FittedTable> {
  const { synthesizer, options, random, executor, progress, signal, budget } = how;
  if (!budget)
    throw new InvalidArgument("needs-budget", `The synthesizer "${synthesizer.name}" needs a privacy budget.`, {
      advice: "Say how much may be spent: --epsilon 1.",
    });
  const { schema, notes: left } = publicPart(how.schema);
  const like = publicShell(train, schema);
  const reduced = reduceTable(like, schema);
  const restore = declaredRestore(reduced.record, schema);
  const names = reduced.modelled.columns.map(({ name }) => name);
  const rows = keepsItsRules(train, { schema, like });
  const learned = rows.length === train.rows ? train : takeRows(train, rows);
  const encoding = encodeConstraints(reduced.modelled, {
    ...schema,
    constraints: (schema.constraints ?? []).filter(({ kind }) => kind === "equals"),
  });
  const encoded = encoding.table.columns.map(({ name }) =>
    withoutCodes(columnOf(learned, name), schemaOf(schema, name)),
  );
  const fitted = await synthesizer.fit(tableOf(encoded, learned.rows), {
    schema: encoding.schema,
    options,
    budget,
    random: random.split("fit").split(synthesizer.name),
    executor,
    ...(progress ? { progress } : {}),
    signal,
  });
  return fittedTable({
    fitted,
    restore: restoreFrom(restore),
    content: {
      restore,
      steps: encoding.steps,
      schema,
      like,
      modelled: names,
      known: (schema.constraints ?? []).map((constraint) => ({ constraint, real: like })),
      notes: [...reduced.notes, ...left, ...constraintNotes(schema.constraints ?? [], { built: encoding.built })],
    },
  });
}

/** The schema without what only the rows could say. */
function publicPart(schema: TableSchema): { readonly schema: TableSchema; readonly notes: readonly string[] } {
  const isPublic = ({ kind }: Constraint): boolean => kind !== "combinations" && kind !== "references";
  const constraints = schema.constraints ?? [];
  return {
    schema: {
      ...schema,
      columns: schema.columns.map(({ functionOf: _, ...meaning }) => meaning),
      constraints: constraints.filter(isPublic),
    },
    notes: constraints
      .filter((constraint) => !isPublic(constraint))
      .map(
        (constraint) =>
          `Constraint "${nameOfConstraint(constraint)}": not seen to; what it allows is known from real rows alone.`,
      ),
  };
}

/** The table's columns without a row; text columns with their declared labels. */
function publicShell(table: Table, schema: TableSchema): Table {
  return tableOf(
    withoutRows(table).columns.map((column) =>
      column.type === "text"
        ? { ...column, dictionary: declaredLabels(column, schemaOf(schema, column.name)) ?? [] }
        : column,
    ),
    0,
  );
}

/** What is put back, by declaration where no row was there to learn it from. */
function declaredRestore(record: RestoreRecord, schema: TableSchema): RestoreRecord {
  return {
    columns: record.columns.map((column) => {
      if (column.make === "constant") return declaredConstant(column, schemaOf(schema, column.shape.name));
      if (column.make !== "modelled" || !column.missing) return column;
      const tokens = missingTokens(schemaOf(schema, column.name));
      return { ...column, missing: { ...column.missing, only: tokens.length === 1, read: [] } };
    }),
  };
}

function declaredConstant(record: ConstantRecord, { name, categories, range }: ColumnSchema): ConstantRecord {
  const [value] = categories ?? range ?? [];
  if (value === undefined)
    throw new InvalidArgument("no-public-domain", `Column "${name}" is declared constant, and its value is not.`, {
      advice: 'Name the value under "categories" in the schema file, or leave the column out ("drop: true").',
    });
  return { ...record, cell: record.shape.type === "text" ? String(value) : Number(value), missingShare: 0 };
}
