import { type Estimate, GROUPS, newEstimate } from "../jackknife.ts";

/** Share of the rows whose distinct row another row has too; rows are in random order, and jackknife groups are runs of them.
 * @param group distinct row of each row */
export function shareRepeated(group: Int32Array, groups: number): Estimate {
  const rows = group.length;
  const out = newEstimate();
  const all = new Int32Array(groups);
  for (const g of group) all[g] = (all[g] as number) + 1;
  const own = new Int32Array(groups);
  for (let r = 0; r <= GROUPS; r++) {
    const start = r === 0 ? 0 : Math.floor(((r - 1) * rows) / GROUPS);
    const end = r === 0 ? 0 : Math.floor((r * rows) / GROUPS);
    own.fill(0);
    for (let i = start; i < end; i++) own[group[i] as number] = (own[group[i] as number] as number) + 1;
    let repeated = 0;
    for (let g = 0; g < groups; g++) {
      const left = (all[g] as number) - (own[g] as number);
      if (left > 1) repeated += left;
    }
    out[r] = repeated / (rows - (end - start));
  }
  return out;
}
