/** Begins the name of a column that says which trial a row belongs to; no file can hold such a name. */
const TRIAL = "\u0000trial";

/** The name of the i-th of these columns. */
export function trialMark(i: number): string {
  return `${TRIAL} ${i}`;
}

/** Whether a column only says which trial a row belongs to. */
export function isTrialMark({ name }: { readonly name: string }): boolean {
  return name.startsWith(TRIAL);
}
