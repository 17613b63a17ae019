import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { alignTo } from "../data/align.ts";
import { readTable } from "../data/read.ts";
import { entitiesOf } from "../data/split.ts";
import { type Column, columnOf, concatRows, selectColumns, type Table } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import { renderDriftPage } from "../evidence/report/drift-page.ts";
import { threadExecutor } from "../executors/threads.ts";
import { type Comparison, compareTables } from "../metrics/drift/compare.ts";
import { randomFromSeed } from "../random.ts";
import { writeFolder } from "../runs/atomic-folder.ts";
import { productVersion } from "../runs/fingerprint.ts";
import { applySchema } from "../schema/file.ts";
import { inferSchema } from "../schema/infer.ts";
import { schemaOf } from "../schema/schema.ts";
import { readEvents } from "./events.ts";
import { freshFolder, loadSchema } from "./files.ts";
import type { JobEvents } from "./job.ts";
import { checkMemory } from "./memory.ts";
import { tableFileOf } from "./table-file.ts";
import { withDigits } from "./with-digits.ts";

export interface DriftOptions {
  /** A table, or the folder of a bundle. */
  readonly old: string;
  readonly new: string;
  readonly schema?: string | undefined;
  /** Compare only these; other columns may come and go. */
  readonly columns?: readonly string[] | undefined;
  /** Rows with the same value here are of one person. */
  readonly group?: string | undefined;
  /** False alarms of both tests together, default .01. */
  readonly alpha?: number | undefined;
  /** The area under the curve up to which two tables count as alike, default .55: of two rows, one of each table, a model picks the new one
   * rightly 55 times in 100. */
  readonly tolerance?: number | undefined;
  readonly out?: string | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type DriftVerdict = "none" | "drift" | "indeterminate";

/** What `counterfoil drift --json` prints and `drift.json` holds. Aggregates only. */
export interface DriftResult extends Comparison {
  readonly format: "counterfoil-drift/1";
  readonly version: string;
  readonly decision: DriftVerdict;
  /** Whole sentences, the deciding one first. */
  readonly reasons: readonly string[];
  readonly old: DriftSide;
  readonly new: DriftSide;
  readonly alpha: number;
  readonly tolerance: number;
  readonly level: number;
  readonly seed: number;
  /** Columns that were not compared, and why. */
  readonly notCompared: readonly { readonly name: string; readonly why: string }[];
}

export interface DriftSide {
  readonly name: string;
  readonly rows: number;
  readonly sha256: string;
}

const LEVEL = 0.95;
const ALPHA = 0.01;
const TOLERANCE = 0.55;
const FEWEST_ROWS = 50;

/** Compares two releases, or a release and fresh real rows: whether, and where, the new table has moved away from the old one.
 * @returns "drift" where a test rejects and even the lower end of what it sees is beyond the tolerance, or columns came or went; "none" where both
 * tests' upper ends are within it; "indeterminate" between
 * @throws {InvalidArgument} the same file twice, no common column, fewer than 50 rows, a column that does not exist */
export async function drift(options: DriftOptions): Promise<DriftResult> {
  const { signal, events = {} } = options;
  const seed = options.seed ?? 0;
  const alpha = options.alpha ?? ALPHA;
  const tolerance = options.tolerance ?? TOLERANCE;
  const out = options.out === undefined ? undefined : await freshFolder(options.out);
  const override = options.schema === undefined ? undefined : await loadSchema(options.schema);
  const [before, after] = [await openSide(options.old, options), await openSide(options.new, options)];
  if (before.side.sha256 === after.side.sha256)
    throw new InvalidArgument("same-file", `${before.side.name} and ${after.side.name} are the same file.`, {
      advice: "Give the old table first and the new one second.",
    });
  const changed = columnsChanged(before.table, after.table, options.columns);
  const names = new Set([...changed.common, ...(options.group === undefined ? [] : [options.group])]);
  const old = selectColumns(before.table, [...names]);
  const { table: aligned, invalid } = alignTo(selectColumns(after.table, [...names]), old, {
    table: "new",
    reference: "old",
  });
  checkMemory([old, aligned]);
  for (const { rows, name } of [before.side, after.side])
    if (rows < FEWEST_ROWS)
      throw new InvalidArgument("too-few-rows", `${name} has ${rows} rows; comparing needs ${FEWEST_ROWS} at least.`, {
        advice: "Collect more rows before asking whether they drifted.",
      });
  const both = concatRows([old, aligned]);
  const inferred = inferSchema(both, {});
  const schema = override
    ? applySchema(inferred, { ...override, columns: override.columns.filter(({ name }) => names.has(name)) }, both)
    : inferred;
  const notCompared = [...names].flatMap((name) => {
    const { kind, drop } = schemaOf(schema, name);
    if (name === options.group) return [{ name, why: "it says whose row it is" }];
    if (drop) return [{ name, why: "dropped by the schema file" }];
    if (kind === "identifier" || kind === "text") return [{ name, why: `of kind "${kind}": no two rows need agree` }];
    return [];
  });
  const compared = [...names].filter((name) => !notCompared.some((item) => item.name === name));
  if (compared.length === 0)
    throw new InvalidArgument("nothing-to-compare", "No column that both tables have can be compared.", {
      advice: `Left out: ${notCompared.map(({ name, why }) => `"${name}" (${why})`).join(", ")}. Give columns another kind in a schema file.`,
    });
  const groups = options.group === undefined ? undefined : entitiesOf(columnOf(both, options.group));
  events.phase?.(
    "compare",
    `${compared.length} column${compared.length === 1 ? "" : "s"}, ${old.rows} old and ${aligned.rows} new rows`,
  );
  const executor = threadExecutor(options.threads);
  try {
    const comparison = await compareTables(
      { old, new: aligned },
      {
        schema,
        names: compared,
        ...(groups ? { entities: { old: groups.slice(0, old.rows), new: groups.slice(old.rows) } } : {}),
        level: LEVEL,
        random: randomFromSeed(seed).split("drift"),
        executor,
        signal,
      },
    );
    const decided = decide(comparison, { changed, invalid, alpha, tolerance });
    const { decision } = decided;
    const reasons =
      decision === "drift" ? [...decided.reasons, ...clocks({ old, new: aligned }, compared)] : decided.reasons;
    const result: DriftResult = {
      format: "counterfoil-drift/1",
      version: productVersion(),
      decision,
      reasons,
      old: before.side,
      new: after.side,
      alpha,
      tolerance,
      level: LEVEL,
      seed,
      notCompared,
      // Four digits are more than anybody reads, and fewer than tell of one row.
      ...withDigits(comparison, 4),
    };
    if (out !== undefined) {
      events.phase?.("report", basename(out));
      await writeFolder(
        out,
        async (folder) => {
          await writeFile(join(folder, "drift.json"), `${JSON.stringify(result, null, 2)}\n`);
          await writeFile(join(folder, "drift.html"), renderDriftPage(result));
        },
        { signal },
      );
    }
    return result;
  } finally {
    await executor.close();
  }
}

interface Changed {
  readonly common: readonly string[];
  readonly gone: readonly string[];
  readonly arrived: readonly string[];
}

function decide(
  { tests }: Comparison,
  of: {
    readonly changed: Changed;
    readonly invalid: readonly { readonly column: string; readonly cells: number }[];
    readonly alpha: number;
    readonly tolerance: number;
  },
): { readonly decision: DriftVerdict; readonly reasons: readonly string[] } {
  const { changed, invalid, alpha, tolerance } = of;
  const list = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
  const structural = [
    ...(changed.gone.length > 0 ? [`Columns are gone: ${list(changed.gone)}.`] : []),
    ...(changed.arrived.length > 0 ? [`Columns are new: ${list(changed.arrived)}.`] : []),
    ...invalid.map(({ column, cells }) => `${cells} cells of "${column}" no longer fit the column's type.`),
  ];
  const shown = (x: number): string => x.toFixed(3);
  const seen = tests.filter(({ pHolm }) => pHolm <= alpha);
  const beyond = seen.filter(({ area }) => area.low > tolerance);
  const words = ({ name, p, area }: (typeof tests)[number]): string =>
    `The ${name === "classifier" ? "classifier" : "kernel"} test tells new rows from old ones with an area under the curve of ${shown(area.value)} (${shown(area.low)} to ${shown(area.high)}; p ${p < 0.0015 ? "≤ 0.001" : `= ${shown(p)}`})`;
  if (beyond.length > 0 || structural.length > 0)
    return {
      decision: "drift",
      reasons: [...structural, ...beyond.map((test) => `${words(test)}, where up to ${tolerance} counts as alike.`)],
    };
  const within = tests.every(({ area }) => area.high <= tolerance);
  if (within)
    return {
      decision: "none",
      reasons: [
        seen.length > 0
          ? `A difference can be seen, but it is smaller than the tolerance. ${seen.map((test) => `${words(test)}.`).join(" ")}`
          : `No difference can be seen, and one beyond the tolerance of ${tolerance} would have been. ${tests.map((test) => `${words(test)}.`).join(" ")}`,
      ],
    };
  const open = tests.filter(({ area }) => area.high > tolerance);
  return {
    decision: "indeterminate",
    reasons: open.map(
      (test) =>
        `${words(test)}: whether that is beyond the tolerance of ${tolerance} cannot be told. Give more rows, or a wider --tolerance.`,
    ),
  };
}

/** Dates that do not overlap tell two periods apart by themselves, whatever else is alike. */
function clocks(tables: { readonly old: Table; readonly new: Table }, names: readonly string[]): readonly string[] {
  return names
    .filter((name) => {
      const [a, b] = [columnOf(tables.old, name), columnOf(tables.new, name)].map(periodOf);
      return a && b && (a.last < b.first || b.last < a.first);
    })
    .map(
      (name) =>
        `"${name}" holds dates, and those of the two tables do not overlap: it tells them apart by itself. To compare the rest, name the other columns with --columns.`,
    );
}

function periodOf(column: Column): { readonly first: number; readonly last: number } | undefined {
  if (column.type !== "date") return undefined;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of column.values)
    if (!Number.isNaN(value)) {
      first = Math.min(first, value);
      last = Math.max(last, value);
    }
  return first <= last ? { first, last } : undefined;
}

function columnsChanged(old: Table, fresh: Table, wanted: readonly string[] | undefined): Changed {
  const have = (table: Table): string[] => table.columns.map(({ name }) => name);
  const [a, b] = [have(old), have(fresh)];
  if (wanted) {
    const names = wanted.flatMap((name) => (a.includes(name) ? [name] : name.split(",").map((part) => part.trim())));
    for (const table of [old, fresh]) for (const name of names) columnOf(table, name);
    return { common: names, gone: [], arrived: [] };
  }
  const common = a.filter((name) => b.includes(name));
  if (common.length === 0)
    throw new InvalidArgument("different-columns", "The two tables have no column in common.", {
      advice: `The old one has: ${a.slice(0, 10).join(", ")}. The new one has: ${b.slice(0, 10).join(", ")}.`,
    });
  return {
    common,
    gone: a.filter((name) => !b.includes(name)),
    arrived: b.filter((name) => !a.includes(name)),
  };
}

async function openSide(
  path: string,
  options: DriftOptions,
): Promise<{ readonly table: Table; readonly side: DriftSide }> {
  const { events = {}, signal } = options;
  const file = await tableFileOf(path);
  events.phase?.("read", basename(path));
  const { table, source } = await readTable(file, { ...readEvents(events), signal });
  return { table, side: { name: basename(path), rows: table.rows, sha256: source.sha256 } };
}
