import { type Command, InvalidArgumentError, Option } from "commander";
import { display, stopSignal } from "./effects.ts";
import { exitCodeOf } from "./exit.ts";
import { MAX_SEED, parentOptions, wholeNumber } from "./options.ts";
import { addPurposeOptions, purposeOptions } from "./purpose-options.ts";

/** Declares `counterfoil evaluate`. */
export function addEvaluate(program: Command): void {
  addPurposeOptions(
    program
      .command("evaluate")
      .summary("judge a synthetic table made by anyone")
      .description(
        "Judges a synthetic table against the real rows it was made from and, for privacy, against real rows that nobody\n" +
          "fitted on (--holdout). Without a holdout no copy test is possible, and the decision is at best indeterminate.",
      )
      .argument("<real>", "the real rows that the synthesizer was fitted on")
      .argument("<synthetic>", "the synthetic table")
      .option("--holdout <file>", "real rows from the same population that the synthesizer never saw")
      .option("--parent <files...>", "the table whose keys synthetic rows refer to; name=file where there are several")
      .option("--real-parent <files...>", "the same for the real rows")
      .option("--schema <file>", "what the columns mean, as `counterfoil schema` writes it; overrides what is inferred")
      .option("--policy <file>", "the rules of release; a YAML file or the name of a built-in policy", "default"),
  )
    .addOption(
      new Option(
        "--compat <peer>",
        "also print what another tool would, beside our number and why they differ",
      ).choices(["sdmetrics", "anonymeter", "mostlyai"]),
    )
    .addOption(
      // Asked for by name, it deserves a better answer than "unknown option".
      new Option("--shadow-models <n>").hideHelp().argParser(() => {
        throw new InvalidArgumentError(
          "They are refits of what made the table, and evaluate has only the table. Only counterfoil synthesize can make them.",
        );
      }),
    )
    .option("--self-test", "also try the gate on cases with a known right answer, made of your own real rows")
    .option("--out <dir>", "write a signed bundle with the report here; must not exist")
    .option("--seed <n>", "same input and seed, same numbers (default: 0)", wholeNumber(0, MAX_SEED))
    .option("--threads <n>", "worker threads; does not change the result (default: all cores)", wholeNumber(1, 256))
    .option("--source-id <name>", "a name for the real rows, under which the runs that measured them are counted")
    .option("--signing-key <file>", "Ed25519 private key, PEM (default: this user's own, made on first use)")
    .option("--json", "print the result as JSON on stdout")
    .option("--quiet", "no progress")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil evaluate train.csv synthetic.csv --holdout holdout.csv --target income --out verdict
  counterfoil evaluate train.parquet vendor.parquet --json`,
    )
    .action(async (real: string, synthetic: string, options) => {
      const { evaluate } = await import("../jobs/evaluate.ts");
      const { printResult } = await import("./result.ts");
      const screen = display(options);
      const result = await evaluate({
        ...options,
        ...purposeOptions(options),
        ...parentOptions(options),
        real,
        synthetic,
        events: screen.events,
        signal: stopSignal(),
      }).finally(screen.finish);
      printResult(result, options);
      process.exitCode = exitCodeOf(result.decision.decision);
    });
}
