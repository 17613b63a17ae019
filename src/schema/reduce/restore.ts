import { type Column, columnOf, type NumberColumn, type Table, tableOf } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import { type IdentifierRecord, type Regenerator, regeneratorOf } from "../identifiers.ts";
import { type ConstantRecord, constantColumn } from "./constant.ts";
import { asDeclared, type Declared } from "./declared.ts";
import { type BuildColumn, buildFrom, type FunctionRecord } from "./function-of.ts";
import { type GrownDictionaries, type MissingCodes, withCodes } from "./missing-codes.ts";

/** Puts back, in the source's column order, what was not modelled: constants, functions of other columns, missing codes, identifiers.
 *
 * Depends only on the chunk, its first row and the stream: pass the same stream for every chunk of one sample. Made-up identifiers bring
 * a dictionary of their own with each chunk; all other text columns share one.
 * @param startRow index of the chunk's first row in the whole sample
 * @param taken identifiers that stand beside the chunk, by column: none of them is made */
export type Restore = (
  chunk: Table,
  startRow: number,
  random: Random,
  taken?: ReadonlyMap<string, readonly string[]>,
) => Promise<Table>;

/** What is put back, column by column, in the source's order. Plain data: objects, arrays, strings, numbers, booleans, null and typed arrays.
 * It holds the cells of constants and of functions of other columns, but no identifier. */
export interface RestoreRecord {
  readonly columns: readonly ColumnRecord[];
}

export type ColumnRecord = ModelledRecord | ConstantRecord | FunctionRecord | MadeAnewRecord;

/** A column that the synthesizer models. */
export interface ModelledRecord {
  readonly make: "modelled";
  readonly name: string;
  readonly missing?: MissingCodes;
  readonly format?: NonNullable<NumberColumn["format"]>;
  readonly declared?: Declared;
}

/** A column of identifiers. */
export interface MadeAnewRecord {
  readonly make: "identifier";
  readonly identifier: IdentifierRecord;
}

/** The function that a record describes.
 * @param real the distinct values of identifier columns in all real rows, by column: none of them is made. A record that was read from a file
 *   comes without them, and then a code or a name may happen to equal a real one; numbered keys still go on beyond the largest */
export function restoreFrom(
  { columns }: RestoreRecord,
  real: ReadonlyMap<string, readonly string[]> = new Map(),
): Restore {
  const dictionaries: GrownDictionaries = new WeakMap();
  const makersBeside = (all: ReadonlyMap<string, readonly string[]>): readonly Maker[] =>
    columns.map((record) => makerOf(record, { real: all, dictionaries }));
  const makers = makersBeside(real);
  return async (chunk, startRow, random, taken = new Map()) => {
    const out: Column[] = [];
    const own = taken.size === 0 ? makers : makersBeside(joined(real, taken));
    for (const { name, make } of own) out.push(await make({ chunk, startRow, random: random.split(name) }));
    return tableOf(out, chunk.rows);
  };
}

function joined(
  a: ReadonlyMap<string, readonly string[]>,
  b: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  return new Map([...a.keys(), ...b.keys()].map((name) => [name, [...(a.get(name) ?? []), ...(b.get(name) ?? [])]]));
}

interface Maker {
  readonly name: string;
  /** @param random of the column, the same for every chunk */
  readonly make: (input: {
    readonly chunk: Table;
    readonly startRow: number;
    readonly random: Random;
  }) => Column | Promise<Column>;
}

function makerOf(
  record: ColumnRecord,
  shared: { readonly real: ReadonlyMap<string, readonly string[]>; readonly dictionaries: GrownDictionaries },
): Maker {
  switch (record.make) {
    case "identifier": {
      const { name } = record.identifier;
      const regenerate: Regenerator = regeneratorOf(record.identifier, shared.real.get(name) ?? []);
      return {
        name,
        make: ({ chunk, startRow, random }) => regenerate({ startRow, rows: chunk.rows, random, chunk }),
      };
    }
    case "constant":
      return {
        name: record.shape.name,
        make: ({ chunk, startRow, random }) => constantColumn(record, chunk.rows, random.split(startRow)),
      };
    case "copy":
    case "lookup": {
      const build: BuildColumn = buildFrom(record);
      const { name } = record.make === "copy" ? record.shape : record.cells;
      return { name, make: ({ chunk }) => build(columnOf(chunk, record.parent)) };
    }
    case "modelled": {
      const { name, missing, format, declared } = record;
      return {
        name,
        make({ chunk, startRow, random }) {
          const made = columnOf(chunk, name);
          const written = format && made.type === "number" ? { ...made, format } : made;
          const held = declared ? asDeclared(written, declared, random.split(startRow)) : written;
          return missing ? withCodes(held, missing, shared.dictionaries) : held;
        },
      };
    }
  }
}
