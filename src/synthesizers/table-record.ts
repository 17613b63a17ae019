import { type Column, type Table, type TextColumn, tableOf } from "../data/table.ts";
import { InvalidData } from "../errors.ts";
import type { Constraint } from "../schema/constraints.ts";
import type { RestoreRecord } from "../schema/reduce.ts";
import type { TableSchema } from "../schema/schema.ts";
import { MIN_HOLDERS } from "./cells/columns.ts";
import type { EncodingStep } from "./constrained/encoding.ts";
import { type NumberArray, pack, unpack } from "./pack.ts";
import type { FittedRecord } from "./synthesizer.ts";

/** Raised when the meaning changes: an older record is then refused. */
const FORMAT = "counterfoil-table/1";

/** What a model of a whole table knows beside the synthesizer's own record. Plain data, without an identifier of the training rows. */
export interface TableContent {
  readonly restore: RestoreRecord;
  readonly steps: readonly EncodingStep[];
  readonly schema: TableSchema;
  /** The source's columns without rows; only those that are modelled have their labels. */
  readonly like: Table;
  readonly modelled: readonly string[];
  readonly known: readonly { readonly constraint: Constraint; readonly real: Table }[];
  readonly notes: readonly string[];
}

/** One record of the synthesizer's own and what belongs to the table. */
export function tableRecordOf(fitted: FittedRecord, content: TableContent): FittedRecord {
  const { header, arrays } = pack(content);
  return {
    synthesizer: fitted.synthesizer,
    header: { format: FORMAT, fitted: fitted.header, table: header },
    arrays: Object.fromEntries([...under(MODEL, fitted.arrays), ...under(TABLE, arrays)]),
  };
}

/** The two parts of a record again.
 * @throws {InvalidData} it is in another format, or lacks something */
export function tableRecordParts(record: FittedRecord): {
  readonly fitted: FittedRecord;
  readonly content: TableContent;
} {
  const { format, fitted, table } = record.header;
  if (format !== FORMAT || fitted === null || typeof fitted !== "object")
    throw new InvalidData(
      "bad-model",
      `The model of a table is in the format "${String(format)}"; this version of counterfoil reads "${FORMAT}".`,
      { advice: "Fit and save it again." },
    );
  return {
    fitted: {
      synthesizer: record.synthesizer,
      header: fitted as Readonly<Record<string, unknown>>,
      arrays: Object.fromEntries(below(MODEL, record.arrays)),
    },
    content: unpack({ header: table, arrays: Object.fromEntries(below(TABLE, record.arrays)) }) as TableContent,
  };
}

/** Columns as a record may hold them: without rows, and without the labels of those that are not modelled, which may be identifiers. */
export function withoutCells(table: Table, modelled: readonly string[]): Table {
  return tableOf(
    table.columns.map((column): Column => {
      const { missing: _, ...rest } = column;
      return rest.type === "text"
        ? { ...rest, codes: new Int32Array(0), dictionary: modelled.includes(rest.name) ? commonLabels(rest) : [] }
        : { ...rest, values: new Float64Array(0) };
    }),
    0,
  );
}

/** Labels of enough rows to be made again: what a model knows of others must not be kept with it. */
function commonLabels(column: TextColumn): readonly string[] {
  if (column.storage === "boolean") return column.dictionary;
  const counts = new Float64Array(column.dictionary.length);
  for (const code of column.codes) if (code >= 0) counts[code] = (counts[code] as number) + 1;
  return column.dictionary.filter((_, code) => (counts[code] as number) >= MIN_HOLDERS);
}

const MODEL = "model/";
const TABLE = "table/";

function under(prefix: string, arrays: Readonly<Record<string, NumberArray>>): [string, NumberArray][] {
  return Object.entries(arrays).map(([name, array]) => [prefix + name, array]);
}

function below(prefix: string, arrays: Readonly<Record<string, NumberArray>>): [string, NumberArray][] {
  return Object.entries(arrays).flatMap(([name, array]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), array] as [string, NumberArray]] : [],
  );
}
