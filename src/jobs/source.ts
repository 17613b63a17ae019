import { basename } from "node:path";
import { alignTo } from "../data/align.ts";
import { readTable } from "../data/read.ts";
import { entitiesOf, type Split, splitRows } from "../data/split.ts";
import { columnOf, concatRows, type Table, takeRows } from "../data/table.ts";
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
import { tableFileOf } from "./table-file.ts";

/** Share of the rows that is kept apart when nobody says how many. */
export const DEFAULT_HOLDOUT_SHARE = 0.25;

/** A source read, described and split. The same options and seed give the same again. */
export interface Source {
  /** The rows that are split and judged by: of the source, or of the anchor where one was given. */
  readonly table: Table;
  /** Rows of a synthetic source that has an anchor: learnt from in every fit beside the real ones, and judged by in none. */
  readonly accumulated: Table | undefined;
  /** The files read, the source first: where they lie, and the SHA-256 of their bytes. */
  readonly files: readonly { readonly role: "source" | "anchor"; readonly path: string; readonly sha256: string }[];
  readonly split: Split;
  /** Null: nothing was held out. */
  readonly splitSha256: string | null;
  readonly train: Table;
  /** What the release is learnt from: `accumulated`, then `train`. */
  readonly learnt: Table;
  readonly holdout: Table | undefined;
  /** Whom each row belongs to, where rows are grouped. */
  readonly groups: Int32Array | undefined;
  readonly schema: TableSchema;
  readonly purpose: Purpose;
  /** Describes other rows that are learnt from in the same way. */
  readonly describe: (learnt: Table) => TableSchema;
}

/** Reads a source, keeps a holdout apart before anything looks at the values, and describes the columns by the rest. Where the source is synthetic and an
 * anchor is given, rows accumulate: the holdout is of real rows alone, and the fit learns from all rows of the source and the rest of the real ones.
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
  const { table, accumulated, files } = await readRows(options, events);
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
  const learnt = learntWith(accumulated, train);
  const schema = describe(learnt);
  schema.notes.forEach((note) => {
    events.notice?.(note);
  });
  return {
    table,
    accumulated,
    files,
    split,
    splitSha256: split.holdout.length > 0 ? sha256(new Uint8Array(split.holdout.buffer)) : null,
    train,
    learnt,
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

/** What a fit to these real rows learns from: rows accumulate, and none is replaced. */
export function learntWith(accumulated: Table | undefined, train: Table): Table {
  return accumulated ? concatRows([accumulated, train]) : train;
}

async function readRows(
  options: SynthesizeOptions,
  events: JobEvents,
): Promise<Pick<Source, "table" | "accumulated" | "files">> {
  const path = await tableFileOf(options.source);
  const read = { ...readEvents(events), signal: options.signal };
  const { table, source } = await readTable(path, { ...(options.query ? { query: options.query } : {}), ...read });
  const file = { role: "source", path, sha256: source.sha256 } as const;
  if (options.anchor === undefined) return { table, accumulated: undefined, files: [file] };
  events.phase?.("read", basename(options.anchor));
  const real = await readTable(options.anchor, read);
  const aligned = alignTo(table, real.table, { table: "source", reference: "anchor" });
  for (const { column, cells } of aligned.invalid)
    events.notice?.(`${cells} cells of "${column}" in the source do not fit the column's type in the anchor.`);
  return {
    table: real.table,
    accumulated: aligned.table,
    files: [file, { role: "anchor", path: options.anchor, sha256: real.source.sha256 }],
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
