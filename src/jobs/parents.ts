import { basename } from "node:path";
import { readTable } from "../data/read.ts";
import { selectColumns, type Table } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import type { InputFile } from "../evidence/manifest.ts";
import { nearest } from "../math/nearest-name.ts";
import type { MetricInput } from "../metrics/metric.ts";
import type { ReferencesConstraint } from "../schema/constraints.ts";
import type { TableSchema } from "../schema/schema.ts";
import { readEvents } from "./events.ts";
import type { EvaluateOptions, JobEvents } from "./job.ts";

/** Reads the tables that `references` constraints speak of, and keeps their key columns.
 * @returns undefined where none is given
 * @throws {InvalidArgument} no constraint speaks of a given table, it lacks the key column, two have one name */
export async function openParents(
  options: Pick<EvaluateOptions, "parents" | "realParents" | "signal">,
  context: {
    readonly schema: TableSchema;
    readonly events: JobEvents & { readonly notice: (message: string) => void };
    /** The files read are added. */
    readonly inputs: { role: InputFile["role"]; sha256: string }[];
  },
): Promise<MetricInput["parents"]> {
  const { schema, events, inputs } = context;
  const references = (schema.constraints ?? []).filter((item) => item.kind === "references");
  const open = async (
    given: readonly string[],
    role: "parent" | "real-parent",
  ): Promise<ReadonlyMap<string, Table>> => {
    const out = new Map<string, Table>();
    for (const text of given) {
      const { name, path } = namedPath(text);
      const mine = references.filter(({ parent = "" }) => parent === name);
      if (mine.length === 0) throw unwanted({ name, path }, references);
      if (out.has(name))
        throw new InvalidArgument("parent-twice", `Two tables are given as --${role}${name && ` "${name}"`}.`, {
          advice: "Name each as name=file, and name it in its constraint: references: { column, key, parent: name }.",
        });
      events.phase?.("read", basename(path));
      const { table, source } = await readTable(path, { ...readEvents(events), signal: options.signal });
      inputs.push({ role, sha256: source.sha256 });
      out.set(name, keysOf(table, mine, path));
    }
    return out;
  };
  if (!options.parents?.length && !options.realParents?.length) return undefined;
  return {
    synthetic: await open(options.parents ?? [], "parent"),
    real: await open(options.realParents ?? [], "real-parent"),
  };
}

/** `customers=customers.csv`, or a path alone. */
function namedPath(text: string): { readonly name: string; readonly path: string } {
  const [, name, path] = /^([A-Za-z_][\w-]*)=(.+)$/.exec(text) ?? [];
  return name === undefined || path === undefined ? { name: "", path: text } : { name, path };
}

function unwanted(
  { name, path }: { readonly name: string; readonly path: string },
  references: readonly ReferencesConstraint[],
): InvalidArgument {
  const names = [...new Set(references.flatMap(({ parent }) => parent ?? []))];
  const close = nearest(name, names);
  return new InvalidArgument(
    "unknown-parent",
    `${path} is given as a parent table${name && ` "${name}"`}, and no constraint speaks of it.${close ? ` Did you mean "${close}"?` : ""}`,
    {
      advice:
        names.length > 0
          ? `Give it as name=file; the constraints name: ${names.join(", ")}.`
          : "Declare in the schema file (--schema): constraints: [references: { column, key }].",
    },
  );
}

function keysOf(table: Table, references: readonly ReferencesConstraint[], path: string): Table {
  const names = table.columns.map(({ name }) => name);
  const keys = [...new Set(references.map(({ key }) => key))];
  for (const key of keys) {
    if (names.includes(key)) continue;
    const close = nearest(key, names);
    throw new InvalidArgument(
      "unknown-column",
      `The parent table ${path} has no column "${key}".${close ? ` Did you mean "${close}"?` : ""}`,
      { advice: `Its columns are: ${names.slice(0, 60).join(", ")}${names.length > 60 ? ", …" : ""}.` },
    );
  }
  return selectColumns(table, keys);
}
