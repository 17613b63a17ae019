import { basename } from "node:path";
import { readTable } from "../data/read.ts";
import { entitiesOf, type Split, splitRows } from "../data/split.ts";
import { columnOf, type Table, takeRows } from "../data/table.ts";
import { sha256 } from "../evidence/canonical.ts";
import type { Random } from "../random.ts";
import { declaredSchema, withoutRows } from "../schema/declared-schema.ts";
import { applySchema, type SchemaOverride } from "../schema/file.ts";
import { inferSchema } from "../schema/infer.ts";
import type { Purpose } from "../schema/purpose.ts";
import type { TableSchema } from "../schema/schema.ts";
import { readEvents } from "./events.ts";
import type { JobEvents, SynthesizeOptions } from "./job.ts";
import { privateSplit } from "./private-split.ts";
import { checkPurpose } from "./purpose.ts";

/** Share of the rows that is kept apart when nobody says how many. */
export const DEFAULT_HOLDOUT_SHARE = 0.25;

/** A source read, described and split. The same options and seed give the same again. */
export interface Source {
  readonly table: Table;
  /** SHA-256 of the file. */
  readonly sha256: string;
  readonly split: Split;
  /** Null: nothing was held out. */
  readonly splitSha256: string | null;
  readonly train: Table;
  readonly holdout: Table | undefined;
  /** Whom each row belongs to, where rows are grouped. */
  readonly groups: Int32Array | undefined;
  readonly schema: TableSchema;
  readonly purpose: Purpose;
  /** Describes other rows of the same source in the same way. */
  readonly describe: (train: Table) => TableSchema;
}

/** Reads a source, keeps a holdout apart before anything looks at the values, and describes the columns by the rest.
 * @throws {InvalidArgument} an option names a column that does not exist
 * @throws {InvalidData} the file cannot be read */
export async function openSource(
  options: SynthesizeOptions,
  context: {
    readonly declared: Purpose;
    readonly override: SchemaOverride | undefined;
    readonly random: Random;
    readonly events: JobEvents;
  },
): Promise<Source> {
  const { declared, override, random, events } = context;
  events.phase?.("read", basename(options.source));
  const { table, source } = await readTable(options.source, {
    ...(options.query ? { query: options.query } : {}),
    ...readEvents(events),
    signal: options.signal,
  });
  for (const name of [declared.target, options.group, options.id]) if (name !== undefined) columnOf(table, name);
  const groups = options.group === undefined ? undefined : entitiesOf(columnOf(table, options.group));
  const isPrivate = options.epsilon !== undefined;
  const share = options.holdoutShare ?? DEFAULT_HOLDOUT_SHARE;
  const split = isPrivate
    ? privateSplit(table, { share, group: options.group, most: options.groupRows ?? 1, random: random.split("split") })
    : splitRows(table.rows, { share, ...(groups ? { entities: groups } : {}), random: random.split("split") });
  const train = takeRows(table, split.train);
  const holdout = split.holdout.length > 0 ? takeRows(table, split.holdout) : undefined;
  events.phase?.("split", `${train.rows} rows to learn from, ${split.holdout.length} kept apart`);
  const describe = (rows: Table): TableSchema => describeColumns(rows, { options, override, target: declared.target });
  const schema = describe(train);
  schema.notes.forEach((note) => {
    events.notice?.(note);
  });
  return {
    table,
    sha256: source.sha256,
    split,
    splitSha256: split.holdout.length > 0 ? sha256(new Uint8Array(split.holdout.buffer)) : null,
    train,
    holdout,
    groups,
    schema,
    // What nobody declared is not looked for in private rows.
    purpose: checkPurpose(declared, {
      table: isPrivate ? withoutRows(train) : train,
      schema,
      notice: (message) => events.notice?.(message),
    }),
    describe,
  };
}

/** Whom these rows belong to. */
export function entitiesOfRows(groups: Int32Array, ...parts: readonly Uint32Array[]): Int32Array {
  return Int32Array.from(
    parts.flatMap((rows) => [...rows]),
    (row) => groups[row] as number,
  );
}

function describeColumns(
  train: Table,
  given: {
    readonly options: SynthesizeOptions;
    readonly override: SchemaOverride | undefined;
    readonly target: string | undefined;
  },
): TableSchema {
  const { options, override } = given;
  const keys = [options.id, options.group].filter((name) => name !== undefined);
  if (options.epsilon !== undefined) return withoutTexts(declaredSchema(train, { override, keys }), options);
  const inferred = inferSchema(train, {
    ...(options.id ? { id: [options.id] } : {}),
    ...(options.group ? { group: options.group } : {}),
    ...(given.target === undefined ? {} : { target: given.target }),
  });
  return withoutTexts(override ? applySchema(inferred, override, train) : inferred, options);
}

function withoutTexts(schema: TableSchema, options: SynthesizeOptions): TableSchema {
  if (!options.dropText) return schema;
  return {
    ...schema,
    columns: schema.columns.map((column) => (column.kind === "text" ? { ...column, drop: true } : column)),
  };
}
