/** Derivatives of minus Cox's log partial likelihood by each row's score.
 * @param scores log hazards, one per row
 * @param times signed: t where the event happened at t, −t where the row was lost from sight
 * @param into.latest the rows from the latest time to the earliest
 * @param into.hessian the diagonal of the second derivatives
 * @source Ridgeway (1999), Computing Science and Statistics 31; ties after Breslow (1974), Biometrics 30 */
export function coxGradients(
  scores: Float64Array,
  times: Float64Array,
  into: { readonly latest: Uint32Array; readonly gradient: Float64Array; readonly hessian: Float64Array },
): void {
  const { latest, gradient, hessian } = into;
  const n = latest.length;
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) top = Math.max(top, scores[i] as number);
  const starts: number[] = [];
  const deaths: number[] = [];
  const atRisk: number[] = [];
  let sum = 0;
  for (let at = 0; at < n; ) {
    const time = Math.abs(times[latest[at] as number] as number);
    starts.push(at);
    let events = 0;
    for (; at < n && Math.abs(times[latest[at] as number] as number) === time; at++) {
      const row = latest[at] as number;
      sum += Math.exp((scores[row] as number) - top);
      if ((times[row] as number) > 0) events++;
    }
    deaths.push(events);
    atRisk.push(sum);
  }
  starts.push(n);
  let hazard = 0;
  let squared = 0;
  for (let g = deaths.length - 1; g >= 0; g--) {
    hazard += (deaths[g] as number) / (atRisk[g] as number);
    squared += (deaths[g] as number) / (atRisk[g] as number) ** 2;
    for (let at = starts[g] as number; at < (starts[g + 1] as number); at++) {
      const row = latest[at] as number;
      const weight = Math.exp((scores[row] as number) - top);
      gradient[row] = weight * hazard - ((times[row] as number) > 0 ? 1 : 0);
      hessian[row] = Math.max(0, weight * hazard - weight ** 2 * squared);
    }
  }
}
