import { basename } from "node:path";
import { alignTo } from "../data/align.ts";
import { readTable } from "../data/read.ts";
import { columnOf, concatRows, selectColumns, type Table } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import type { InputFile } from "../evidence/manifest.ts";
import type { MetricInput } from "../metrics/metric.ts";
import { countOverlap } from "../metrics/privacy/row-keys.ts";
import { applySchema, type SchemaOverride } from "../schema/file.ts";
import { inferSchema } from "../schema/infer.ts";
import type { Purpose } from "../schema/purpose.ts";
import type { TableSchema } from "../schema/schema.ts";
import { readEvents } from "./events.ts";
import type { EvaluateOptions, JobEvents } from "./job.ts";
import { checkMemory } from "./memory.ts";
import { openParents } from "./parents.ts";
import { checkPurpose } from "./purpose.ts";

/** The tables of an evaluation: one meaning, the same columns in the same order and of the same types. */
export interface GivenTables {
  readonly real: Table;
  readonly holdout: Table | undefined;
  readonly synthetic: Table;
  /** Only their key columns; absent: none were given. */
  readonly parents: MetricInput["parents"];
  readonly schema: TableSchema;
  readonly purpose: Purpose;
  /** The files read, with their SHA-256. */
  readonly inputs: readonly { readonly role: InputFile["role"]; readonly sha256: string }[];
}

/** Reads and aligns the tables that somebody wants judged.
 * @throws {InvalidArgument} they have different columns, two of them are one file, the holdout overlaps the real rows, one is too short
 * @throws {InvalidData} a file cannot be read */
export async function openTables(
  options: EvaluateOptions,
  context: {
    readonly declared: Purpose;
    readonly override: SchemaOverride | undefined;
    readonly events: JobEvents & { readonly notice: (message: string) => void };
  },
): Promise<GivenTables> {
  const { declared, override, events } = context;
  const { signal } = options;
  // A column that is left out on purpose is missing from the synthetic table, and that is right.
  const dropped = new Set(override?.columns.filter(({ drop }) => drop).map(({ name }) => name));
  const inputs: { role: InputFile["role"]; sha256: string }[] = [];
  const unseen = new Set(dropped);
  const read = async (path: string, role: InputFile["role"]): Promise<Table> => {
    events.phase?.("read", basename(path));
    const { table, source } = await readTable(path, { ...readEvents(events), signal });
    inputs.push({ role, sha256: source.sha256 });
    for (const { name } of table.columns) unseen.delete(name);
    const left = table.columns.map(({ name }) => name).filter((name) => !dropped.has(name));
    return left.length === table.columns.length ? table : selectColumns(table, left);
  };
  const align = (table: Table, name: string, reference: Table): Table => {
    const aligned = alignTo(table, reference, { table: name, reference: "real" });
    for (const { column, cells } of aligned.invalid)
      events.notice(
        `${cells} cells of "${column}" in the ${name} table do not fit the column's type and count as invalid.`,
      );
    return aligned.table;
  };
  const real = await read(options.real, "real");
  const unaligned = {
    holdout: options.holdout === undefined ? undefined : await read(options.holdout, "holdout"),
    synthetic: await read(options.synthetic, "synthetic"),
  };
  // A column that only one of the tables has can be left out; one that none has is a misspelt name.
  for (const name of unseen) columnOf(real, name);
  const holdout = unaligned.holdout && align(unaligned.holdout, "holdout", real);
  const synthetic = align(unaligned.synthetic, "synthetic", real);
  refuseUseless(inputs, { real, synthetic, holdout });
  checkMemory([real, synthetic, holdout]);
  if (digestOf(inputs, "real") === digestOf(inputs, "synthetic"))
    events.notice("The real and the synthetic table are the same file: every row of it is a copy.");
  if (holdout) refuseOverlap(real, holdout, events.notice);
  else
    events.notice(
      "No holdout was given: quality is measured between halves of the real rows, and whether rows were copied cannot be told.",
    );

  const known = holdout ? concatRows([real, holdout]) : real;
  const inferred = inferSchema(known, declared.target === undefined ? {} : { target: declared.target });
  const schema = override
    ? applySchema(inferred, { ...override, columns: override.columns.filter(({ drop }) => !drop) }, known)
    : inferred;
  return {
    real,
    holdout,
    synthetic,
    parents: await openParents(options, { schema, events, inputs }),
    schema,
    purpose: checkPurpose(declared, { table: real, schema, notice: events.notice }),
    inputs,
  };
}

/** Files that cannot be judged whatever is in them. */
function refuseUseless(
  inputs: GivenTables["inputs"],
  tables: { readonly real: Table; readonly synthetic: Table; readonly holdout: Table | undefined },
): void {
  for (const [name, table] of Object.entries(tables))
    if (table?.rows === 0)
      throw new InvalidArgument("no-rows", `The ${name} table has no rows: there is nothing to judge.`, {
        advice: "Check the file; it holds a header only.",
      });
  const holdout = digestOf(inputs, "holdout");
  if (holdout === undefined) return;
  for (const role of ["real", "synthetic"] as const)
    if (digestOf(inputs, role) === holdout)
      throw new InvalidArgument(
        "same-file-twice",
        `The holdout and the ${role} table are the same file: ${tables.holdout?.rows} of the ${tables.holdout?.rows} holdout rows are in it.`,
        {
          advice: "Give as --holdout real rows that the synthesizer never saw and nobody released.",
        },
      );
}

function digestOf(inputs: GivenTables["inputs"], role: InputFile["role"]): string | undefined {
  return inputs.find((input) => input.role === role)?.sha256;
}

/** Overlap beyond what natural twins explain makes the holdout useless: copies of its rows would look innocent. Rows that occur once in each
 * table are compared with rows that occur exactly twice inside one: for exchangeable rows both are pairs of twins, cut by chance. */
function refuseOverlap(real: Table, holdout: Table, notice: (message: string) => void): void {
  const overlap = countOverlap(real, holdout);
  if (overlap.rows === 0) return;
  const share = real.rows / (real.rows + holdout.rows);
  // Of natural pairs of twins, 2·s·(1 − s) are cut by the split and s² + (1 − s)² are not.
  const expected = (overlap.twins * 2 * share * (1 - share)) / (share ** 2 + (1 - share) ** 2);
  if (overlap.unique > 2 * expected + 5 + 0.001 * holdout.rows)
    throw new InvalidArgument(
      "holdout-overlaps",
      `${overlap.rows} of the ${holdout.rows} holdout rows are also among the real rows (about ${Math.round(expected)} natural twins would be expected).`,
      { advice: "Give as --holdout only rows that the synthesizer never saw." },
    );
  notice(`${overlap.rows} holdout rows equal a real row, no more than natural twins explain.`);
}
