import { selectColumns, type Table } from "../../data/table.ts";
import { schemaOf } from "../../schema/schema.ts";
import { distinctN } from "./distinct-n.ts";
import { distinctRows } from "./distinct-rows.ts";
import type { Monitor, MonitorContext, Reading } from "./monitor.ts";
import { rareCategoryRecall } from "./rare-category-recall.ts";
import { varianceRatio } from "./variance-ratio.ts";

/** What is watched of a table from generation to generation.
 * @param texts names of its columns of running text */
export function monitorsFor(texts: readonly string[] = []): readonly Monitor[] {
  return [varianceRatio, rareCategoryRecall, distinctRows, ...(texts.length > 0 ? [distinctN(texts)] : [])];
}

/** Reads every monitor of one generation: null where there is nothing to watch. Keys and free text are made anew each time, and are not watched but by
 * distinct-n.
 * @returns one per monitor, in their order */
export function readMonitors(
  monitors: readonly Monitor[],
  table: Table,
  context: MonitorContext,
): readonly (Reading | null)[] {
  const watched = watchedColumns(context);
  return monitors.map((monitor) => {
    const names = monitor.name === "distinct-n" ? context.frozen.columns.map(({ name }) => name) : watched;
    const frozen = selectColumns(context.frozen, names);
    return monitor.read(table, { ...context, frozen, random: context.random.split(monitor.name) });
  });
}

function watchedColumns({ frozen, schema }: MonitorContext): readonly string[] {
  return frozen.columns
    .map(({ name }) => name)
    .filter((name) => {
      const { kind, drop } = schemaOf(schema, name);
      return !drop && kind !== "identifier" && kind !== "text";
    });
}
