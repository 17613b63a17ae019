import type { Command } from "commander";
import { InvalidArgumentError } from "commander";

/** Adds the flags that say what a table is for and who could be harmed by it; the same for every command that judges. */
export function addPurposeOptions(command: Command): Command {
  return command
    .option("--target <column>", "the column people will predict from the others")
    .option("--target-leaks <columns...>", "columns that give the target away and so are no predictors")
    .option(
      "--purpose <file>",
      "what the table is for, as YAML (docs/purpose.md); a flag beside it wins. synthesize: test adds rows to test with",
    )
    .option("--survival <time,event>", "columns of the time until an event and of the event", pair)
    .option("--analysis <formula>", '"ols: y ~ a + b", "logistic: …" or "cox: time, event ~ a"; repeatable', collected)
    .option("--quasi-identifiers <columns...>", "columns that an attacker may know of a person")
    .option("--sensitive <columns...>", "columns whose values must not become known of a person")
    .option("--protected <columns...>", "columns whose groups must be served alike")
    .option("--population <people>", "how many people the real rows were drawn from", people);
}

/** The flags in the job's words. */
export function purposeOptions(options: {
  readonly analysis?: readonly string[];
  readonly protected?: readonly string[];
}): { readonly analyses?: readonly string[]; readonly protectedAttributes?: readonly string[] } {
  return {
    ...(options.analysis ? { analyses: options.analysis } : {}),
    ...(options.protected ? { protectedAttributes: options.protected } : {}),
  };
}

function pair(text: string): [string, string] {
  const [time, event, ...more] = text.split(",").map((name) => name.trim());
  if (!time || !event || more.length > 0) throw new InvalidArgumentError("Want two columns: time,event.");
  return [time, event];
}

function people(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError("Want a whole number of people.");
  return count;
}

function collected(formula: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), formula];
}
