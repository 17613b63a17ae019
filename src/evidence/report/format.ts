import { groupedDigits, signedDigits } from "../../math/digits.ts";
import type { Family, Interval } from "../../metrics/metric.ts";

/** A number for people: three significant places or so, true minus sign, thin spaces between thousands. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (Number.isInteger(value) && size < 1e15) return signedDigits(value, groupedDigits(String(size)));
  if (size >= 1e9 || size < 1e-6) return signedDigits(value, size.toExponential(1));
  if (size < 0.001) return signedDigits(value, String(Number(size.toPrecision(2))));
  return signedDigits(
    value,
    size >= 100 ? groupedDigits(size.toFixed(0)) : size >= 10 ? size.toFixed(1) : size.toFixed(size >= 1 ? 2 : 3),
  );
}

/** A number as short as it can be: axis ends, thresholds. */
export function compact(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size >= 1e6 || (size > 0 && size < 1e-6)) return number(value);
  return signedDigits(value, groupedDigits(String(Number(size.toPrecision(4)))));
}

/** How the numbers of a score read: a leak is a share of rows, in percent. */
export function formatOf(family: Family | undefined): (value: number) => string {
  return family === "privacy" ? percent : number;
}

/** A share as percent, with as many places as it needs; "%" set off by a narrow no-break space. */
export function percent(share: number): string {
  const value = share * 100;
  const size = Math.abs(value);
  if (size === 0) return "0\u202F%";
  const places = size >= 1 ? 1 : size >= 0.1 ? 2 : 3;
  return `${signedDigits(value, String(Number(size.toFixed(places))))}\u202F%`;
}

/** "0.912 (0.904 to 0.919)" */
export function interval(found: Interval, format: (value: number) => string = number): string {
  return `${format(found.value)} (${format(found.low)} to ${format(found.high)})`;
}

/** "1 row", "2 rows" */
export function count(n: number, noun: string): string {
  return `${number(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** Cut in the middle: both ends of a long name tell columns apart. */
export function shortened(text: string, most: number): string {
  const letters = [...text];
  if (letters.length <= most) return text;
  const head = Math.ceil((most - 1) * 0.65);
  return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (most - 1 - head)).join("")}`;
}

/** An id for links: letters, digits and "-". */
export function slug(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "x"
  );
}
