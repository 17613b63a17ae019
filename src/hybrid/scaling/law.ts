/** The rectified law, and the power law that it is without `learnt`. */
export type LawKind = "rectified" | "power";

/** loss(D) = amplitude / (learnt + D^exponent) + floor.
 *
 * In the paper's letters B, D_l, β and E; `learnt` is 0 in a power law.
 * @source Lin et al. (2024), ICML, "Selecting Large Language Model to Fine-tune via Rectified Scaling Law", equation 3 */
export interface Law {
  readonly kind: LawKind;
  readonly amplitude: number;
  /** What the model knew before it saw the data, on the scale of D^exponent. */
  readonly learnt: number;
  readonly exponent: number;
  /** The loss that no amount of data gets below. */
  readonly floor: number;
}

/** The law's loss at a size > 0. */
export function lossAt(law: Law, size: number): number {
  return law.amplitude / (law.learnt + size ** law.exponent) + law.floor;
}

/** The size at which the law's loss is `loss`; infinite where it is at or below the floor, 0 where even the least data does better. */
export function sizeAt(law: Law, loss: number): number {
  if (loss <= law.floor) return Number.POSITIVE_INFINITY;
  const power = law.amplitude / (loss - law.floor) - law.learnt;
  return power <= 0 ? 0 : power ** (1 / law.exponent);
}

/** The size from which the law is close to a power law; below it the loss falls slower. 0 for a power law. */
export function kneeOf(law: Law): number {
  return law.learnt ** (1 / law.exponent);
}
