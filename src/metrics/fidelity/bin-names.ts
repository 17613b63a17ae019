import type { ColumnCodec } from "../../schema/encode.ts";
import type { Bins } from "../bins.ts";

/** Nothing that fewer rows hold is named. */
export const LEAST_SHOWN = 5;

/** A bin in words: "job = clerk", "age 35 to 47", "age up to 34", "job missing", "job other". Bounds are values that at least five real rows
 * hold, at three digits; the outermost ones are left open, for extremes are people.
 * @param what.counts real rows by code */
export function nameBin(
  codec: ColumnCodec,
  bins: Bins,
  what: { readonly bin: number; readonly counts: Float64Array; readonly isDate: boolean },
): string {
  const { bin, counts, isDate } = what;
  const first = codec.missing.length;
  if (bin < first) return `${codec.name} missing`;
  const known = [...bins.of.keys()].filter((code) => code >= first && code < codec.levels - 1);
  const own = known.filter((code) => bins.of[code] === bin && (counts[code] as number) >= LEAST_SHOWN);
  const [low, high] = [own[0], own.at(-1)];
  // The bin after the missing ones gathers rare labels, and those that nobody knows.
  if (low === undefined || high === undefined || (!codec.ordered && bin === first)) return `${codec.name} other`;
  if (codec.labels.length > 0) {
    const [from, to] = [codec.labels[low - first], codec.labels[high - first]];
    return from === to ? `${codec.name} = ${from}` : `${codec.name} ${from} to ${to}`;
  }
  const write = (value: number): string =>
    isDate ? new Date(value).toISOString().slice(0, 10) : String(Number(value.toPrecision(3)));
  const [from, to] = [write(codec.lower[low - first] as number), write(codec.upper[high - first] as number)];
  const inUse = known.filter((code) => (counts[code] as number) > 0).map((code) => bins.of[code]);
  if (from === to) return `${codec.name} = ${from}`;
  if (inUse[0] === bin) return `${codec.name} up to ${to}`;
  if (inUse.at(-1) === bin) return `${codec.name} from ${from}`;
  return `${codec.name} ${from} to ${to}`;
}
