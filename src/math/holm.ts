/** P-values adjusted so that rejecting those ≤ α errs at all with probability at most α, whatever their dependence.
 * @param p one per hypothesis, any order
 * @returns adjusted values in the same order, each ≥ its own p and ≤ 1
 * @source Holm (1979), Scandinavian Journal of Statistics */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => (p[a] as number) - (p[b] as number) || a - b);
  const adjusted = new Array<number>(p.length);
  let highest = 0;
  order.forEach((at, rank) => {
    highest = Math.max(highest, Math.min(1, (p[at] as number) * (p.length - rank)));
    adjusted[at] = highest;
  });
  return adjusted;
}
