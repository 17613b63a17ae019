import { normalQuantile } from "./distributions.ts";

/** A success rate and the half-width of its interval. */
export interface Rate {
  readonly value: number;
  readonly error: number;
}

/** What an attack finds out beyond what the same attack finds out about people that nothing was learnt from. */
export interface ResidualRisk {
  readonly attack: Rate;
  readonly control: Rate | undefined;
  /** 0 … 1: of what is left to find out after the control's successes, the share that the attack finds. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The rate of successes after Wilson, whose interval keeps its level for few successes.
 * @param level of the two-sided interval
 * @source Wilson (1927), JASA 22 */
export function wilsonRate(successes: number, attacks: number, level: number): Rate {
  const z = normalQuantile((1 + level) / 2);
  const value = (successes + (z * z) / 2) / (attacks + z * z);
  const error = (z / (attacks + z * z)) * Math.sqrt((successes * (attacks - successes)) / attacks + (z * z) / 4);
  return { value, error };
}

/** (a − c) / (1 − c) for the attack rate a and the control rate c, errors propagated to first order and cut to 0 … 1; without a control, a.
 * @source Giomi et al. (2023), A unified framework for quantifying privacy risk in synthetic data, PoPETs 2023(2) */
export function residualRisk(
  counts: {
    readonly attacks: number;
    readonly successes: number;
    readonly control?: { readonly attacks: number; readonly successes: number } | undefined;
  },
  level: number,
): ResidualRisk {
  const attack = wilsonRate(counts.successes, counts.attacks, level);
  const control = counts.control && wilsonRate(counts.control.successes, counts.control.attacks, level);
  const clip = (x: number): number => Math.max(0, Math.min(1, x));
  if (!control)
    return {
      attack,
      control,
      value: attack.value,
      low: clip(attack.value - attack.error),
      high: clip(attack.value + attack.error),
    };
  // A control that always succeeds leaves nothing to find out.
  if (control.value >= 1) return { attack, control, value: 0, low: 0, high: 0 };
  const risk = (attack.value - control.value) / (1 - control.value);
  const error = Math.hypot(
    attack.error / Math.abs(1 - control.value),
    (control.error * (attack.value - 1)) / (1 - control.value) ** 2,
  );
  return { attack, control, value: clip(risk), low: clip(risk - error), high: clip(risk + error) };
}
