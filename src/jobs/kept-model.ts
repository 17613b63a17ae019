import type { KnownLineage } from "../runs/data-lineage.ts";
import { readModelFile } from "../runs/model-file.ts";
import { loadTable } from "../synthesizers/fit-table.ts";
import type { FittedTable } from "../synthesizers/fitted-table.ts";
import { type TableContent, tableRecordParts } from "../synthesizers/table-record.ts";

/** A model that `synthesize` kept, ready to be sampled. */
export interface KeptTable {
  readonly fitted: FittedTable;
  readonly synthesizer: string;
  /** Version of counterfoil that fitted it. */
  readonly version: string;
  /** Of what it makes: at least generation 1. */
  readonly lineage: KnownLineage;
  /** The table's columns, without rows. */
  readonly like: TableContent["like"];
  readonly schema: TableContent["schema"];
  /** Names of the columns that are made anew. */
  readonly identifiers: readonly string[];
}

/** Opens a model file.
 * @throws {InvalidArgument} no such file
 * @throws {InvalidData} it holds no model of a table, of this version's format and as it was written */
export async function openModel(path: string): Promise<KeptTable> {
  const { record, version, lineage } = await readModelFile(path);
  const { content } = tableRecordParts(record);
  return {
    fitted: loadTable(record),
    synthesizer: record.synthesizer,
    version,
    lineage: lineage ?? { generation: 1, anchored: null },
    like: content.like,
    schema: content.schema,
    identifiers: content.restore.columns.flatMap((column) =>
      column.make === "identifier" ? [column.identifier.name] : [],
    ),
  };
}
