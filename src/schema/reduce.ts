import { type Column, columnOf, type Table, tableOf } from "../data/table.ts";
import { InvalidData } from "../errors.ts";
import { learnIdentifier } from "./identifiers.ts";
import { profileText } from "./profile.ts";
import { constantOf } from "./reduce/constant.ts";
import { declaredOf } from "./reduce/declared.ts";
import { type FunctionRecord, learnFunction } from "./reduce/function-of.ts";
import { missingCodesOf, withoutCodes } from "./reduce/missing-codes.ts";
import {
  type ColumnRecord,
  type ModelledRecord,
  type Restore,
  type RestoreRecord,
  restoreFrom,
} from "./reduce/restore.ts";
import { type ColumnSchema, schemaOf, type TableSchema } from "./schema.ts";

export { type Restore, type RestoreRecord, restoreFrom } from "./reduce/restore.ts";

export interface Reduced {
  /** The columns that a synthesizer learns and a metric measures; codes for "missing" have become missing cells. */
  readonly modelled: Table;
  readonly restore: Restore;
  /** What `restore` does, as plain data to be kept with a model: `restoreFrom` reads it. */
  readonly record: RestoreRecord;
  /** What happens to the columns left out, one sentence each: no cell of the data in it. */
  readonly notes: readonly string[];
}

/** Takes out what is not modelled.
 * @param table the rows that may be learned from
 * @param options `all`: every real row, of the holdout too (default: `table`); only identifiers look at it, so that they equal no real value
 * @throws {InvalidData} a column of free text that is neither dropped nor given another kind; nothing left to model */
export function reduceTable(table: Table, schema: TableSchema, options: { readonly all?: Table } = {}): Reduced {
  const meanings = table.columns.map((column) => schemaOf(schema, column.name));
  const texts = meanings.filter(({ kind, drop }) => kind === "text" && !drop).map(({ name }) => `"${name}"`);
  if (texts.length > 0)
    throw new InvalidData(
      "free-text",
      `${texts.length === 1 ? `Column ${texts[0]} holds` : `Columns ${texts.join(", ")} hold`} free text, which is not modelled: it could name persons.`,
      {
        advice: `Leave it out with --drop-text (or "drop: true" in a schema file), or set its kind to "categorical" or "identifier" there.`,
      },
    );
  const notes: string[] = [];
  const modelledNames = new Set(
    meanings.filter((meaning) => isModelled(meaning) && !meaning.functionOf).map(({ name }) => name),
  );
  const functions = new Map<string, FunctionRecord>();
  for (const { name, functionOf, drop, kind } of meanings) {
    if (!functionOf || drop || !isModelled({ kind })) continue;
    const found = modelledNames.has(functionOf.column)
      ? learnFunction(
          columnOf(table, functionOf.column),
          columnOf(table, name),
          withoutCodes(columnOf(table, functionOf.column), schemaOf(schema, functionOf.column)),
        )
      : undefined;
    // An edited schema may claim what is not so: then the column is modelled like any other.
    if (found) {
      functions.set(name, found);
      notes.push(`Column "${name}": follows from "${functionOf.column}", rebuilt from it.`);
    } else {
      modelledNames.add(name);
      notes.push(`Column "${name}": does not follow from "${functionOf.column}" in every row; modelled.`);
    }
  }
  const modelled = tableOf(
    table.columns.flatMap((column, j) =>
      modelledNames.has(column.name) ? [withoutCodes(column, meanings[j] as ColumnSchema)] : [],
    ),
    table.rows,
  );
  if (modelled.columns.length === 0)
    throw new InvalidData(
      "nothing-to-model",
      `None of the ${table.columns.length} columns can be modelled: all are constant, identifiers or left out.`,
      {
        advice: "Check the kinds with `counterfoil schema <file>` and pass the edited file with --schema.",
      },
    );
  const real = new Map<string, readonly string[]>();
  const declaredNotes: string[] = [];
  const columns = table.columns.flatMap((column, j): readonly ColumnRecord[] => {
    const meaning = meanings[j] as ColumnSchema;
    const { name } = column;
    if (meaning.drop) {
      notes.push(`Column "${name}": left out.`);
      return [];
    }
    if (meaning.kind === "identifier") {
      const avoid = distinctTexts(columnOf(options.all ?? table, name));
      const { record, note } = learnIdentifier(withoutCodes(column, meaning), {
        schema: meaning,
        parents: modelled.columns,
        avoid,
      });
      real.set(name, avoid);
      notes.push(note);
      return [{ make: "identifier", identifier: record }];
    }
    if (meaning.kind === "constant") {
      notes.push(`Column "${name}": constant, put back as it was.`);
      return [constantOf(column)];
    }
    const follows = functions.get(name);
    if (follows) return [follows];
    const { record, note } = modelledRecord(columnOf(modelled, name), column, meaning);
    if (note) declaredNotes.push(note);
    return [record];
  });
  const record = { columns };
  return { modelled, record, restore: restoreFrom(record, real), notes: [...notes, ...declaredNotes] };
}

function isModelled({ kind, drop }: { readonly kind: ColumnSchema["kind"]; readonly drop?: boolean }): boolean {
  return !drop && kind !== "constant" && kind !== "identifier" && kind !== "text";
}

function modelledRecord(
  column: Column,
  source: Column,
  meaning: ColumnSchema,
): { readonly record: ModelledRecord; readonly note?: string } {
  const missing = missingCodesOf(source, meaning);
  const { declared, note } = declaredOf(column, meaning);
  const format = source.type === "number" ? source.format : undefined;
  return {
    record: {
      make: "modelled",
      name: column.name,
      ...(missing ? { missing } : {}),
      ...(format ? { format } : {}),
      ...(declared ? { declared } : {}),
    },
    ...(note === undefined ? {} : { note }),
  };
}

/** The distinct values of a column, as text. */
function distinctTexts(column: Column): readonly string[] {
  if (column.type === "text") return Array.from(profileText(column).used, (code) => column.dictionary[code] as string);
  return Array.from(new Set(column.values.filter((value) => !Number.isNaN(value))), String);
}
