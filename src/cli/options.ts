import { InvalidArgumentError } from "commander";

// Parsers of option values. commander prints their message with the option's name and exits with code 2.

/** A whole number within bounds; accepts 1e6 and 1_000_000. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll("_", ""));
    if (text.trim() === "" || !Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(
        `Got "${text}"; want a whole number from ${min} to ${max.toLocaleString("en-US")}.`,
      );
    return value;
  };
}

/** A number strictly between two bounds. */
export function between(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value > min && value < max))
      throw new InvalidArgumentError(`Got "${text}"; want a number between ${min} and ${max}.`);
    return value;
  };
}

/** The flags for parent tables in the job's words. */
export function parentOptions(options: {
  readonly parent?: readonly string[];
  readonly realParent?: readonly string[];
}): { readonly parents?: readonly string[]; readonly realParents?: readonly string[] } {
  return {
    ...(options.parent ? { parents: options.parent } : {}),
    ...(options.realParent ? { realParents: options.realParent } : {}),
  };
}

/** Most rows that one run writes. */
export const MAX_ROWS = 10_000_000_000;
/** Largest seed: every whole number a float64 holds exactly. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER;
