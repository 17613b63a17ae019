import type { CodeRows } from "../../learners/code-rows.ts";
import type { Random } from "../../random.ts";
import type { PreparedColumn } from "./columns.ts";

/** The prepared columns as rows of codes. A cell that must not be released stands as another one of its column, drawn by frequency: learners of
 * whole rows have no place for a row that lacks a cell. */
export function codeRowsOf(columns: readonly PreparedColumn[], random: Random): CodeRows {
  return {
    rows: columns[0]?.codes.length ?? 0,
    codes: columns.map((column, j) => releasableCodes(column, random.split(j))),
    levels: columns.map(({ plan }) => plan.codec.levels),
    ordered: columns.map(({ plan }) => plan.kind === "quantity" || plan.codec.ordered),
    missing: columns.map(({ plan }) => plan.codec.missing.length),
  };
}

function releasableCodes({ plan, codes, usable }: PreparedColumn, random: Random): Uint8Array {
  const n = codes.length;
  const present = plan.codec.missing.length;
  const isDonor = (row: number): boolean => usable[row] === 1 && (codes[row] as number) >= present;
  let unusable = 0;
  let donors = 0;
  for (let row = 0; row < n; row++) {
    if (usable[row] === 0) unusable++;
    else if (isDonor(row)) donors++;
  }
  if (unusable === 0) return codes;
  const places = new Uint32Array(donors);
  for (let row = 0, at = 0; row < n; row++) if (isDonor(row)) places[at++] = row;
  const out = new Uint8Array(new SharedArrayBuffer(n));
  for (let row = 0; row < n; row++)
    out[row] =
      usable[row] === 1
        ? (codes[row] as number)
        : donors > 0
          ? (codes[places[random.integer(donors)] as number] as number)
          : 0;
  return out;
}
