import { basename } from "node:path";
import { alignTo } from "../data/align.ts";
import { readTable } from "../data/read.ts";
import { columnOf, isMissing, selectColumns, type Table, takeRows } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import { labelCodes, labelsIn } from "../hybrid/planner/labels.ts";
import { nestedOrder } from "../hybrid/planner/nested-order.ts";
import { indexRows, rowKeyer } from "../metrics/privacy/row-keys.ts";
import type { Random } from "../random.ts";
import { applySchema, type SchemaOverride } from "../schema/file.ts";
import { inferSchema } from "../schema/infer.ts";
import { isQuantity, schemaOf, type TableSchema } from "../schema/schema.ts";
import { readEvents } from "./events.ts";
import type { JobEvents } from "./job.ts";
import type { PlanOptions } from "./plan-options.ts";

/** A file that a plan rests on. */
export interface PlanFile {
  readonly role: "train" | "test" | "shifted" | "grid";
  readonly name: string;
  readonly rows: number;
  readonly sha256: string;
}

/** Real rows to learn from and real rows to test on, which have nothing in common. */
export interface PlanTables {
  readonly train: Table;
  readonly test: Table;
  readonly shifted: Table | null;
  readonly schema: TableSchema;
  /** Classes that the target has among the training rows; null: it is a number, or there is no target. */
  readonly classes: readonly string[] | null;
  readonly files: readonly PlanFile[];
}

const TEST_SHARE = 0.3;
const FEWEST_TEST_ROWS = 30;
/** Share of a given test set that may also be among the training rows. */
const MOST_OVERLAP = 0.1;
/** A number with no more distinct values than this is predicted as classes. */
const MOST_VALUES_AS_CLASSES = 20;
const MOST_CLASSES = 200;

/** Reads the tables of a pilot: the test rows are set aside first, and what equals one of them is no training row.
 * @throws {InvalidArgument} a column that is not there, a target that cannot be predicted, test rows that are too few or stand among the training rows
 * @throws {InvalidData} a file cannot be read */
export async function openPlanTables(
  options: PlanOptions & { readonly train: string },
  context: {
    readonly override: SchemaOverride | undefined;
    readonly random: Random;
    readonly events: JobEvents & { readonly notice: (message: string) => void };
  },
): Promise<PlanTables> {
  const { target, text } = options;
  const { random, events, override } = context;
  const files: PlanFile[] = [];
  const read = async (path: string, role: PlanFile["role"]): Promise<Table> => {
    events.phase?.("read", basename(path));
    const { table, source } = await readTable(path, { ...readEvents(events), signal: options.signal });
    files.push({ role, name: basename(path), rows: table.rows, sha256: source.sha256 });
    return table;
  };
  const whole = await read(options.train, "train");
  for (const name of [...(options.targetLeaks ?? []), ...(target === undefined ? [] : [target]), ...(text ?? [])])
    columnOf(whole, name);
  const schema = describe(whole, { target, override });
  const kept = keptColumns(whole, { options, schema, notice: events.notice });
  const known = (table: Table, name: string): Table =>
    withTarget(selectColumns(table, kept), { target, name, notice: events.notice });
  const all = known(whole, "training");
  const classes = target === undefined ? null : classesOf(all, target, schema);
  const other = async (path: string, role: "test" | "shifted"): Promise<Table> => {
    const table = await read(path, role);
    const names = table.columns.map(({ name }) => name).filter((name) => kept.includes(name));
    const reference = selectColumns(whole, kept);
    const { table: aligned, invalid } = alignTo(selectColumns(table, names), reference, {
      table: role,
      reference: "training",
    });
    for (const { column, cells } of invalid)
      events.notice(
        `${cells} cells of "${column}" in the ${role} table do not fit the column's type and count as missing.`,
      );
    return known(aligned, role);
  };
  const given = options.test === undefined ? undefined : await other(options.test, "test");
  const shifted = options.shifted === undefined ? null : await other(options.shifted, "shifted");
  refuseSameFile(files);
  const split = given ? { train: all, test: given } : splitOff(all, { options, classes, random });
  const compared = text ?? kept;
  const train = apart(split.train, {
    tests: [split.test, ...(shifted ? [shifted] : [])],
    compared,
    given: given !== undefined,
    events,
  });
  for (const [name, table] of [
    ["test", split.test],
    ["shifted", shifted],
  ] as const)
    if (table) checkTest(table, { name, target, classes });
  events.phase?.("split", `${train.rows} rows to learn from, ${split.test.rows} to test on`);
  return { train, test: split.test, shifted, schema, classes, files };
}

function describe(
  table: Table,
  { target, override }: { readonly target: string | undefined; readonly override: SchemaOverride | undefined },
): TableSchema {
  const inferred = inferSchema(table, target === undefined ? {} : { target });
  return override ? applySchema(inferred, override, table) : inferred;
}

/** The columns that a generator learns and a student reads. */
function keptColumns(
  table: Table,
  of: { readonly options: PlanOptions; readonly schema: TableSchema; readonly notice: (message: string) => void },
): readonly string[] {
  const { options, schema, notice } = of;
  const { target, text } = options;
  const names = table.columns.map(({ name }) => name);
  if (text) return names.filter((name) => text.includes(name) || name === target);
  const leaks = new Set(options.targetLeaks);
  const kinds = new Map(names.map((name) => [name, schemaOf(schema, name)]));
  // A command that makes rows and one that learns from them may do with any column what they like.
  const isFree = options.student !== undefined && options.generate !== undefined;
  const left = names.filter((name) => {
    const { kind, drop } = kinds.get(name) as TableSchema["columns"][number];
    if (leaks.has(name) || drop) return false;
    if (name === target || isFree) return true;
    return kind !== "text" && (options.student !== undefined || (kind !== "identifier" && kind !== "constant"));
  });
  const out = names.filter((name) => !left.includes(name) && !leaks.has(name) && !kinds.get(name)?.drop);
  if (out.length > 0)
    notice(
      `Left out: ${out.map((name) => `"${name}" (${kinds.get(name)?.kind === "text" ? "free text" : kinds.get(name)?.kind})`).join(", ")}; nothing can be learned from ${out.length === 1 ? "it" : "them"} here.`,
    );
  if (left.length < 2 && !options.text)
    throw new InvalidArgument("no-columns", "Fewer than two columns are left: there is nothing to predict from.", {
      advice: "Name the columns of text with --text, or give columns another kind in a schema file (--schema).",
    });
  return left;
}

function withTarget(
  table: Table,
  of: { readonly target: string | undefined; readonly name: string; readonly notice: (message: string) => void },
): Table {
  if (of.target === undefined) return table;
  const column = columnOf(table, of.target);
  const rows = Uint32Array.from({ length: table.rows }, (_, row) => row).filter((row) => !isMissing(column, row));
  if (rows.length === table.rows) return table;
  of.notice(
    `${table.rows - rows.length} of the ${table.rows} rows of the ${of.name} table have no "${of.target}" and are left out.`,
  );
  return takeRows(table, rows);
}

/** @returns null: the target is a number */
function classesOf(table: Table, target: string, schema: TableSchema): readonly string[] | null {
  const column = columnOf(table, target);
  const { kind } = schemaOf(schema, target);
  const bad = (what: string): InvalidArgument =>
    new InvalidArgument("bad-target", `The target "${target}" ${what}: there is nothing to predict.`, {
      advice: "Choose another --target, or give the column another kind in a schema file.",
    });
  if (column.type === "date" || kind === "identifier") throw bad(`is of kind "${kind}"`);
  const labels = labelsIn(column);
  if (labels.length < 2) throw bad(labels.length === 0 ? "has no value" : "has one value only");
  if (column.type === "number" && isQuantity(kind) && labels.length > MOST_VALUES_AS_CLASSES) return null;
  if (labels.length > MOST_CLASSES || labels.length > table.rows / 2)
    throw bad(`has ${labels.length} different labels in ${table.rows} rows`);
  return labels;
}

function refuseSameFile(files: readonly PlanFile[]): void {
  const [train] = files;
  const same = files.find((file) => file !== train && file.sha256 === train?.sha256);
  if (same)
    throw new InvalidArgument("same-file-twice", `The ${same.role} table and the training table are the same file.`, {
      advice: "Give real rows that nothing was trained on, or leave --test out: then a share of the rows is set aside.",
    });
}

function splitOff(
  table: Table,
  of: { readonly options: PlanOptions; readonly classes: readonly string[] | null; readonly random: Random },
): { readonly train: Table; readonly test: Table } {
  const { options, classes, random } = of;
  const order = nestedOrder(table.rows, {
    classes: classes && options.target !== undefined ? labelCodes(columnOf(table, options.target), classes) : null,
    smallest: 1,
    random: random.split("test"),
  });
  const held = Math.round((options.testShare ?? TEST_SHARE) * table.rows);
  return {
    test: takeRows(table, order.slice(0, held).sort()),
    train: takeRows(table, order.slice(held).sort()),
  };
}

/** The training rows that equal no test row.
 * @throws {InvalidArgument} a tenth of a given test set stands among the training rows */
function apart(
  train: Table,
  of: {
    readonly tests: readonly Table[];
    readonly compared: readonly string[];
    readonly given: boolean;
    readonly events: JobEvents & { readonly notice: (message: string) => void };
  },
): Table {
  const { tests, compared, events } = of;
  const tables = [train, ...tests].map((table) => selectColumns(table, compared));
  const { groups, group } = indexRows(tables.map(rowKeyer(tables)));
  const inTrain = new Uint8Array(groups);
  for (let row = 0; row < train.rows; row++) inTrain[group[row] as number] = 1;
  const tested = new Uint8Array(groups);
  let at = train.rows;
  tests.forEach((table, i) => {
    let overlap = 0;
    for (let row = 0; row < table.rows; row++, at++) {
      overlap += inTrain[group[at] as number] as number;
      tested[group[at] as number] = 1;
    }
    const isGiven = of.given || i > 0;
    if (isGiven && overlap >= MOST_OVERLAP * table.rows)
      throw new InvalidArgument(
        "test-overlaps",
        `${overlap} of the ${table.rows} rows of the ${i === 0 ? "test" : "shifted"} table are also among the training rows.`,
        {
          advice:
            "Test on real rows that nothing was trained on; or leave --test out, and a share of the rows is set aside.",
        },
      );
  });
  const left = Uint32Array.from({ length: train.rows }, (_, row) => row).filter((row) => !tested[group[row] as number]);
  const gone = train.rows - left.length;
  if (gone === 0) return train;
  if (gone > train.rows / 2) {
    events.notice(
      `${gone} of the ${train.rows} training rows equal a test row. They stay, for hardly any would be left: the table repeats its rows, and so the test rows are no fresh ones. Give other rows with --test where that is not how rows come.`,
    );
    return train;
  }
  // Copies must go; rows that are alike by nature are the commonest, and without them the others are another population.
  const many = gone >= MOST_OVERLAP * train.rows;
  events.notice(
    `${gone} of the ${train.rows} training rows equal a test row and are left out.${many ? " Where they are no copies but rows of few columns that come often, those that are left are the rarer ones: keep a column that tells rows apart." : ""}`,
  );
  return takeRows(train, left);
}

function checkTest(
  table: Table,
  of: { readonly name: string; readonly target: string | undefined; readonly classes: readonly string[] | null },
): void {
  const { name, target, classes } = of;
  if (table.rows < FEWEST_TEST_ROWS)
    throw new InvalidArgument(
      "too-few-rows",
      `The ${name} table has ${table.rows} rows; at least ${FEWEST_TEST_ROWS} are needed to measure anything.`,
      { advice: "Give more rows, or a larger --test-share." },
    );
  if (target === undefined) return;
  const column = columnOf(table, target);
  const labels = labelsIn(column);
  if (labels.length < 2)
    throw new InvalidArgument("bad-target", `The target "${target}" has one value only in the ${name} table.`, {
      advice: "Test on rows in which it varies.",
    });
  if (classes && !labels.some((label) => classes.includes(label)))
    throw new InvalidArgument(
      "bad-target",
      `No label of "${target}" in the ${name} table occurs among the training rows.`,
      {
        advice: "See that both tables write the target in the same way.",
      },
    );
}
