/** The least value at or below which at least a share `probability` of the weight lies. Negative weights count where the running sum allows. */
export function weightedQuantile(
  values: Float64Array,
  { probability, weights }: { readonly probability: number; readonly weights?: Float64Array | undefined },
): number {
  if (!weights) {
    const sorted = Float64Array.from(values).sort();
    // 0.1 × 30 is 3.0000000000000004 to a computer.
    const rank = Math.ceil(probability * sorted.length - 1e-9);
    return sorted[Math.max(0, rank - 1)] as number;
  }
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
  let total = 0;
  for (const weight of weights) total += weight;
  let below = 0;
  for (const i of order) {
    below += weights[i] as number;
    if (below >= probability * total - 1e-12 * total) return values[i] as number;
  }
  return values[order.at(-1) as number] as number;
}
