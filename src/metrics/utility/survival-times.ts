import { cellOf, columnOf, type Table } from "../../data/table.ts";

/** A declared time to an event, read off a table.
 * @returns one signed number per row (t where the event happened at t, −t where the row was lost from sight, NaN where either cell is missing
 * or the time is not above 0), or the reason why the columns cannot be read so */
export function survivalTimes(
  table: Table,
  declared: { readonly time: string; readonly event: string },
): Float64Array | { readonly impossible: string } {
  const time = columnOf(table, declared.time);
  if (time.type !== "number")
    return {
      impossible: `The survival time "${declared.time}" is not a number but ${time.type}. Give a length of time.`,
    };
  const event = columnOf(table, declared.event);
  const happened = event.type === "text" ? event.dictionary.map(isEvent) : undefined;
  const out = new Float64Array(table.rows);
  for (let row = 0; row < table.rows; row++) {
    const code = event.type === "text" ? (event.codes[row] as number) : -1;
    const value = event.type === "text" ? (code < 0 ? undefined : happened?.[code]) : isEvent(cellOf(event, row));
    const t = time.values[row] as number;
    out[row] = value === undefined || !(t > 0 && Number.isFinite(t)) ? Number.NaN : value ? t : -t;
  }
  return out;
}

/** Why real times cannot be modelled; undefined when they can. */
export function unusableTimes(
  times: Float64Array,
  declared: { readonly time: string; readonly event: string },
  least: number,
): string | undefined {
  const events = times.filter((t) => t > 0).length;
  const lost = times.filter((t) => t < 0).length;
  if (events + lost === 0)
    return `No real row has both a time above 0 in "${declared.time}" and an event in "${declared.event}" that reads 1/0, true/false, yes/no or dead/alive.`;
  if (events < least)
    return `Only ${events < 5 ? "fewer than 5" : events} real rows have an event in "${declared.event}"${lost > 0 && events === 0 ? " (it holds one value)" : ""}; ${least} are needed.`;
  return undefined;
}

/** Whether a cell says that the event happened; undefined where it says neither, or nothing. */
function isEvent(cell: string | number | null): boolean | undefined {
  const word = String(cell).trim().toLowerCase();
  if (["1", "true", "yes", "y", "dead", "died", "event"].includes(word)) return true;
  if (["0", "false", "no", "n", "alive", "censored"].includes(word)) return false;
  return undefined;
}
