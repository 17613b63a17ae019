/** What mostlyai-qa computes from the counts of one column's bins. */

/** 1 − total variation of two columns of counts over the same bins. */
export function binAccuracy(real: readonly number[], synthetic: readonly number[]): number {
  const [n, m] = [sum(real), sum(synthetic)];
  return 1 - real.reduce((total, count, i) => total + Math.abs(count / n - (synthetic[i] as number) / m), 0) / 2;
}

/** The accuracy that two samples of one distribution are expected to have at these numbers of rows: the noise ceiling.
 * @source mostlyai-qa 1.10 (Apache-2.0): mean absolute deviation of a normal approximation */
export function binAccuracyMax(real: readonly number[], synthetic: readonly number[]): number {
  const [n, m] = [sum(real), sum(synthetic)];
  const expected = real.reduce((total, count) => {
    const p = count / n;
    return total + Math.sqrt((2 / Math.PI) * p * (1 - p) * (1 / n + 1 / m));
  }, 0);
  return 1 - expected / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
