/** Codes in groups. */
export interface MergedCodes {
  /** The group of each code; means nothing for a code that occurs in no row. */
  readonly groupOf: Uint8Array;
  /** Rows in each group. */
  readonly rows: readonly number[];
}

/** Puts neighbouring codes into groups of about equal size; some codes stay alone. Codes that occur in no row are passed over.
 * @param counts rows of each code
 * @param how sizes: what each code counts where groups are to be equal, mostly its rows; most: the groups that there is room for, which runs of few codes
 *   between lonely ones may exceed */
export function mergeNeighbours(
  counts: Float64Array,
  how: { readonly sizes: Float64Array; readonly most: number; readonly isAlone: (code: number) => boolean },
): MergedCodes {
  const { sizes, most, isAlone } = how;
  let light = 0;
  let alone = 0;
  for (let code = 0; code < counts.length; code++) {
    if (counts[code] === 0) continue;
    if (isAlone(code)) alone++;
    else light += sizes[code] as number;
  }
  const full = light / Math.max(1, most - alone);
  const groupOf = new Uint8Array(counts.length);
  const rows: number[] = [];
  let isOpen = false;
  let held = 0;
  for (let code = 0; code < counts.length; code++) {
    const count = counts[code] as number;
    if (count === 0) continue;
    const single = isAlone(code);
    if (single || !isOpen) {
      rows.push(0);
      held = 0;
    }
    const group = rows.length - 1;
    groupOf[code] = group;
    rows[group] = (rows[group] as number) + count;
    held += sizes[code] as number;
    isOpen = !single && held < full;
  }
  return { groupOf, rows };
}
