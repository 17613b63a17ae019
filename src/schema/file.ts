import { isMap, isSeq, LineCounter, type Node, parseDocument, stringify } from "yaml";
import { z } from "zod";
import { columnOf, type Table } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
import { checkConstraints, constraintToFile, type Fault, parseConstraints } from "./constraint-file.ts";
import { type Constraint, columnsOfConstraint, nameOfConstraint } from "./constraints.ts";
import { schemaOfDomain } from "./domain-file.ts";
import { LOCALES } from "./identifiers.ts";
import { profileNumbers, profileText } from "./profile.ts";
import type { ColumnSchema, Kind, TableSchema } from "./schema.ts";

const KINDS = [
  "continuous",
  "integer",
  "categorical",
  "ordinal",
  "boolean",
  "date",
  "datetime",
  "identifier",
  "text",
  "constant",
] as const;
const IDENTIFIER_TYPES = [
  "person-name",
  "first-name",
  "last-name",
  "email",
  "phone",
  "address",
  "city",
  "postcode",
  "iban",
  "card-number",
  "national-id",
  "ip",
  "url",
  "uuid",
  "key",
] as const;

/** A day or a moment in ISO 8601, UTC where it names no zone; milliseconds since 1970 inside. */
const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z?)?$/, "want a number, or a date such as 2024-01-31")
  .transform((text) => Date.parse(text.length === 10 ? text : `${text.replace(" ", "T").replace(/Z$/, "")}Z`))
  .refine((value) => !Number.isNaN(value), "there is no such day");

const columnFile = z.strictObject({
  name: z.string(),
  kind: z.enum(KINDS).optional(),
  decimals: z.int().min(0).max(20).nullish(),
  roundingUnit: z.number().positive().nullish(),
  missingCodes: z.array(z.union([z.string(), z.number().transform(String)])).nullish(),
  spikes: z.array(z.strictObject({ value: z.number(), share: z.number().min(0).max(1) })).nullish(),
  functionOf: z.strictObject({ column: z.string() }).nullish(),
  identifier: z
    .strictObject({
      type: z.enum(IDENTIFIER_TYPES),
      locale: z.enum(LOCALES as [string, ...string[]]).optional(),
      unique: z.boolean().optional(),
    })
    .nullish(),
  order: z.array(z.union([z.string(), z.number().transform(String)])).nullish(),
  range: z
    .tuple([z.union([z.number(), moment]), z.union([z.number(), moment])])
    .refine(([low, high]) => low <= high, "the lower bound is above the upper one")
    .nullish(),
  categories: z.array(z.union([z.string(), z.number().transform(String)])).nullish(),
  nullable: z.boolean().nullish(),
  binEnds: z
    .array(z.union([z.number(), moment]))
    .min(1)
    .max(240)
    .refine((ends) => ends.every((end, i) => i === 0 || end > (ends[i - 1] as number)), "want ascending numbers")
    .nullish(),
  drop: z.boolean().optional(),
});

const schemaFile = z.strictObject({
  format: z.literal("counterfoil-schema/1"),
  columns: z.array(columnFile),
  constraints: z.array(z.unknown()).optional(),
});

/** What a person changed: the fields of a schema file. A field that is absent keeps what was inferred; null takes it away. */
export interface SchemaOverride extends Omit<z.infer<typeof schemaFile>, "constraints"> {
  readonly path: string;
  /** Declared rules, with the line that each one starts at. */
  readonly constraints?: readonly { readonly constraint: Constraint; readonly line: number }[];
}

/** The schema as a file to read and edit: one entry per column, the evidence as comments. Columns and fields may be deleted from it. */
export function schemaToYaml(schema: TableSchema): string {
  const lines = [
    "# What Counterfoil thinks each column is, and why. Edit it and pass it with --schema.",
    '# An entry or field that you delete is inferred again; null takes a field away; "drop: true" leaves a column out.',
    `# Kinds: ${KINDS.join(", ")}.`,
    ...schema.notes.map((note) => `# ${oneLine(note)}`),
    `format: ${schema.format}`,
    `columns:${schema.columns.length === 0 ? " []" : ""}`,
  ];
  for (const column of schema.columns) {
    const { name, kind, type: _type, evidence, drop, ...fields } = column;
    lines.push("");
    for (const sentence of evidence) lines.push(`  # ${oneLine(sentence)}`);
    lines.push(`  - name: ${scalar(name)}`, `    kind: ${kind}`);
    if (drop !== undefined) lines.push(`    drop: ${drop}`);
    for (const [field, value] of Object.entries(fields))
      if (value !== undefined) {
        const days = (field === "range" || field === "binEnds") && column.type === "date";
        lines.push(`    ${field}: ${scalar(days ? (value as readonly number[]).map(isoOf) : value)}`);
      }
  }
  if (schema.constraints && schema.constraints.length > 0) {
    lines.push("", "constraints:");
    for (const constraint of schema.constraints)
      lines.push(
        ...Object.entries(constraintToFile(constraint)).map(
          ([field, value], i) => `  ${i === 0 ? "-" : " "} ${field}: ${scalar(value)}`,
        ),
      );
  }
  return `${lines.join("\n")}\n`;
}

/** A value on one line. */
function scalar(value: unknown): string {
  return stringify(value, {
    collectionStyle: "flow",
    lineWidth: 0,
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
  }).trimEnd();
}

/** A day, or a moment where it is no midnight. */
function isoOf(epochMs: number): string {
  const text = new Date(epochMs).toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").replace(/\p{Cc}/gu, " ");
}

/** Reads a schema file.
 * @param path of the file, for messages
 * @throws {InvalidArgument} it is no YAML, or a field is unknown or wrong: names the line and the nearest word */
export function parseSchema(yaml: string, path: string): SchemaOverride {
  const counter = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: counter, prettyErrors: false });
  const [broken] = document.errors;
  if (broken) throw wrong(path, counter.linePos(broken.pos[0]).line, `this is no YAML: ${oneLine(broken.message)}`);
  const data: unknown = document.toJS({ maxAliasCount: 100 });
  const domain = schemaOfDomain(data, path);
  if (domain) return domain;
  const result = schemaFile.safeParse(data);
  if (result.success) {
    const seen = new Set<string>();
    result.data.columns.forEach(({ name }, i) => {
      if (seen.has(name))
        throw wrong(
          path,
          lineOf(document.contents, ["columns", i, "name"], counter),
          `column "${name}" is listed twice`,
        );
      seen.add(name);
    });
    const { constraints, ...rest } = result.data;
    if (!constraints) return { ...rest, path };
    const at = (place: readonly PropertyKey[]): number => lineOf(document.contents, ["constraints", ...place], counter);
    const parsed = parseConstraints(constraints, (place, what, advice) => wrong(path, at(place), what, advice));
    // `evaluate` never reads these columns, and would call them unknown.
    const dropped = new Set(rest.columns.filter(({ drop }) => drop).map(({ name }) => name));
    parsed.forEach((constraint, i) => {
      const left = columnsOfConstraint(constraint).find((name) => dropped.has(name));
      if (left !== undefined)
        throw wrong(
          path,
          at([i]),
          `the constraint "${nameOfConstraint(constraint)}" names the column "${left}", which is left out`,
          "Keep the column, or take out the constraint.",
        );
    });
    return { ...rest, path, constraints: parsed.map((constraint, i) => ({ constraint, line: at([i]) })) };
  }
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  const name = columnNameAt(document.contents, issue.path);
  const where = name === undefined ? "" : ` (column "${name}")`;
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const known = Object.keys((issue.path.length === 0 ? schemaFile : columnFile).shape);
    const inIdentifier =
      issue.path.at(-1) === "identifier"
        ? ["type", "locale", "unique"]
        : issue.path.at(-1) === "functionOf"
          ? ["column"]
          : known;
    const close = nearest(key, inIdentifier);
    throw wrong(
      path,
      lineOf(document.contents, [...issue.path, key], counter),
      `there is no field "${key}"${where}.${close ? ` Did you mean "${close}"?` : ""}`,
      `The fields are: ${inIdentifier.join(", ")}.`,
    );
  }
  const line = lineOf(document.contents, issue.path, counter);
  const field =
    issue.path
      .filter((part) => typeof part === "string")
      .slice(1)
      .join(".") || String(issue.path[0] ?? "the file");
  const got = valueAt(document.contents, issue.path);
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    const close = typeof got === "string" ? nearest(got, values) : undefined;
    throw wrong(
      path,
      line,
      `${field}: ${got === undefined ? "it is missing" : `there is no "${String(got)}"`}${where}.${close ? ` Did you mean "${close}"?` : ""}`,
      `Choose from: ${values.join(", ")}.`,
    );
  }
  throw wrong(path, line, `${field}${where}: ${oneLine(issue.message)}`);
}

function wrong(
  path: string,
  line: number,
  what: string,
  advice = "`counterfoil schema <data file>` writes a valid file to start from.",
): InvalidArgument {
  return new InvalidArgument("bad-schema-file", `${path}, line ${line}: ${what}${/[.?]$/.test(what) ? "" : "."}`, {
    advice,
  });
}

/** Line of the deepest node along the path that exists. */
function lineOf(root: unknown, path: readonly PropertyKey[], counter: LineCounter): number {
  let node = root;
  let at = (root as Node | null)?.range?.[0] ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => String((key as { readonly value?: unknown }).value ?? key) === String(part),
      );
      if (!pair) break;
      at = (pair.key as Node).range?.[0] ?? at;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      at = (node as Node | undefined)?.range?.[0] ?? at;
    } else break;
  }
  return counter.linePos(at).line;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let node = root;
  for (const part of path) {
    if (!isMap(node) && !isSeq(node)) return undefined;
    node = node.get(part as never, true);
  }
  return (node as { readonly value?: unknown } | undefined)?.value;
}

function columnNameAt(root: unknown, path: readonly PropertyKey[]): string | undefined {
  if (path[0] !== "columns" || typeof path[1] !== "number") return undefined;
  const name = valueAt(root, ["columns", path[1], "name"]);
  return typeof name === "string" ? name : undefined;
}

/** Kinds that a physical type can have. */
const KINDS_OF: Readonly<Record<ColumnSchema["type"], readonly Kind[]>> = {
  number: ["continuous", "integer", "categorical", "ordinal", "boolean", "identifier", "constant"],
  date: ["date", "datetime", "constant"],
  text: ["categorical", "ordinal", "boolean", "identifier", "text", "constant"],
};

/** The inferred schema with a person's changes; theirs win.
 * @throws {InvalidArgument} a column, kind or constraint that the table cannot have */
export function applySchema(inferred: TableSchema, override: SchemaOverride, table: Table): TableSchema {
  const names = inferred.columns.map(({ name }) => name);
  for (const { name, functionOf } of override.columns) {
    for (const wanted of [name, ...(functionOf ? [functionOf.column] : [])]) {
      if (names.includes(wanted)) continue;
      const close = nearest(wanted, names);
      throw new InvalidArgument(
        "unknown-column",
        `${override.path} names a column "${wanted}" that the table does not have.${close ? ` Did you mean "${close}"?` : ""}`,
        {
          advice: `The columns are: ${names.slice(0, 60).join(", ")}${names.length > 60 ? ", …" : ""}.`,
        },
      );
    }
  }
  const changes = new Map(override.columns.map((column) => [column.name, column]));
  const columns = inferred.columns.map((column) => {
    const change = changes.get(column.name);
    return change ? changed(column, change, { table, path: override.path }) : column;
  });
  // What follows from a column that is not modelled any more is modelled itself.
  const modelled = new Set(
    columns
      .filter(
        ({ kind, drop, functionOf }) =>
          !drop && !functionOf && kind !== "identifier" && kind !== "constant" && kind !== "text",
      )
      .map(({ name }) => name),
  );
  const schema: TableSchema = {
    ...inferred,
    columns: columns.map((column) => {
      if (!column.functionOf || modelled.has(column.functionOf.column)) return column;
      const { functionOf, ...rest } = column;
      return {
        ...rest,
        evidence: [...rest.evidence, `Follows from "${functionOf.column}", which is not modelled: modelled itself.`],
      };
    }),
  };
  const declared = override.constraints ?? [];
  if (declared.length === 0) return schema;
  const constraints = declared.map(({ constraint }) => constraint);
  const fault: Fault = ([i], what, advice) => wrong(override.path, declared[Number(i)]?.line ?? 1, what, advice);
  checkConstraints(constraints, { table, schema, fault });
  return { ...schema, constraints };
}

function changed(
  column: ColumnSchema,
  change: SchemaOverride["columns"][number],
  options: { readonly table: Table; readonly path: string },
): ColumnSchema {
  const kind = change.kind ?? (change.identifier ? "identifier" : column.kind);
  if (!KINDS_OF[column.type].includes(kind))
    throw new InvalidArgument(
      "impossible-kind",
      `${options.path}: column "${column.name}" holds ${column.type === "text" ? "text" : `${column.type}s`} and cannot be ${kind}.`,
      {
        advice: `Choose from: ${KINDS_OF[column.type].join(", ")}.`,
      },
    );
  if (kind === "constant" && column.kind !== "constant" && distinctOf(column.name, options.table).distinct > 1)
    throw new InvalidArgument(
      "impossible-kind",
      `${options.path}: column "${column.name}" has more than one value and cannot be constant.`,
      { advice: 'Use "drop: true" to leave it out.' },
    );
  const sameKind = kind === column.kind;
  // Fields that belong to the kind that was guessed do not outlive it.
  const { identifier, functionOf, order, spikes, range, decimals, roundingUnit, ...kept } = column;
  const quantities = (k: Kind): boolean =>
    k === "continuous" || k === "integer" || k === "ordinal" || k === "date" || k === "datetime";
  const carried: Partial<ColumnSchema> = sameKind
    ? column
    : quantities(kind) && quantities(column.kind)
      ? {
          ...(range ? { range } : {}),
          ...(spikes ? { spikes } : {}),
          ...(decimals === undefined ? {} : { decimals }),
          ...(roundingUnit === undefined ? {} : { roundingUnit }),
        }
      : {};
  const { name: _name, kind: _kind, drop, identifier: wantedIdentifier, ...fields } = change;
  const out: Record<string, unknown> = { ...kept, ...carried, kind };
  for (const [field, value] of Object.entries(fields)) {
    if (value === null) delete out[field];
    else if (value !== undefined) out[field] = value;
  }
  if (drop !== undefined) out.drop = drop;
  if (kind === "identifier") {
    const { n, distinct } = distinctOf(column.name, options.table);
    const base = wantedIdentifier ?? identifier ?? { type: "key" as const };
    out.identifier = { ...base, unique: base.unique ?? distinct === n };
  } else delete out.identifier;
  out.evidence = sameKind ? column.evidence : [`Its kind was set in the schema file (inferred: ${column.kind}).`];
  return out as unknown as ColumnSchema;
}

function distinctOf(name: string, table: Table): { readonly n: number; readonly distinct: number } {
  const column = columnOf(table, name);
  if (column.type === "text") {
    const profile = profileText(column);
    return { n: profile.n, distinct: profile.used.length };
  }
  const profile = profileNumbers(column);
  return { n: profile.n, distinct: profile.distinct.length };
}
