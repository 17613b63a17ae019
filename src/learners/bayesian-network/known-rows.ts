import type { CodeEvidence } from "../code-rows.ts";
import type { Known } from "./plan-elimination.ts";

/** Rows about which the same columns are known. */
export interface RowPattern {
  readonly known: readonly Known[];
  /** Rows with the same codes in the known columns, group by group; groups in the order of their first rows. */
  readonly groups: readonly (readonly number[])[];
}

/** Sorts rows by what is known of them, so that the network is conditioned once for all rows that know the same.
 * @param base what is known of each column where no code is given */
export function knownRows(rows: number, base: readonly Known[], given: CodeEvidence["given"]): RowPattern[] {
  const columns = base.length;
  if (!given) return rows === 0 ? [] : [{ known: base, groups: [Array.from({ length: rows }, (_, i) => i)] }];
  const patterns = new Map<string, Map<string, number[]>>();
  const bits = new Uint8Array(columns);
  for (let row = 0; row < rows; row++) {
    let values = "";
    for (let j = 0; j < columns; j++) {
      const isKnown = given.known[j]?.[row] === 1;
      bits[j] = isKnown ? 1 : 0;
      if (isKnown) values += String.fromCharCode(given.codes[j]?.[row] as number);
    }
    const pattern = bits.join("");
    let groups = patterns.get(pattern);
    if (!groups) {
      groups = new Map();
      patterns.set(pattern, groups);
    }
    const group = groups.get(values);
    if (group) group.push(row);
    else groups.set(values, [row]);
  }
  return [...patterns].map(([pattern, groups]) => ({
    known: base.map((known, j) => (pattern[j] === "1" ? "code" : known)),
    groups: [...groups.values()],
  }));
}
