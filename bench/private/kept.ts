import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What was run, or why it failed. */
export type Outcome<T> = T | { readonly failed: string };

/** Where results are kept, and whether those that are there are taken. */
export interface Keeping {
  readonly folder: string;
  readonly reuse: boolean;
  /** Nothing is run. */
  readonly print: boolean;
}

/** Runs something and keeps what came of it as a JSON file, or takes it from there.
 * @returns nothing when it is not kept and may not be run */
export async function kept<T>(
  name: string,
  { folder, reuse, print }: Keeping,
  make: () => T | Promise<T>,
): Promise<Outcome<T> | undefined> {
  const path = `${folder}/runs/${name}.json`;
  if ((reuse || print) && existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as Outcome<T>;
  if (print) return undefined;
  let outcome: Outcome<T>;
  try {
    outcome = await make();
  } catch (error) {
    outcome = { failed: (error as Error).message };
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(outcome)}\n`);
  console.error(`${name}: ${hasFailed(outcome) ? outcome.failed : "done"}`);
  return outcome;
}

/** What came of those that did not fail. */
export function succeeded<T>(outcomes: readonly Outcome<T>[]): readonly T[] {
  return outcomes.filter((outcome) => !hasFailed(outcome)) as readonly T[];
}

/** Why the first that failed did. */
export function failureOf(outcomes: readonly Outcome<unknown>[]): string | undefined {
  return outcomes.find(hasFailed)?.failed;
}

export function hasFailed(outcome: Outcome<unknown>): outcome is { readonly failed: string } {
  return typeof outcome === "object" && outcome !== null && "failed" in outcome;
}
