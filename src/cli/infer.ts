import { type Command, Option } from "commander";
import { METHODS } from "../hybrid/estimation/estimation.ts";
import type { InferResult } from "../hybrid/infer-result.ts";
import { display, stopSignal } from "./effects.ts";
import { EXIT } from "./exit.ts";
import { between, MAX_SEED, wholeNumber } from "./options.ts";

/** Declares `counterfoil infer`. */
export function addInfer(program: Command): void {
  program
    .command("infer")
    .summary("what may be concluded from few labels and many predictions?")
    .description(
      "Estimates a mean, a quantile or a regression from real labels together with model predictions or synthetic rows, with intervals " +
        "that hold however bad these are. Rows of <labelled> without an outcome are unlabelled units.\n" +
        "Exit code 0: estimated · 3: estimated, and an alarm says that labels were not given at random · 4: no valid interval.",
    )
    .argument("<labelled>", "a table; rows whose outcome is empty are unlabelled")
    .requiredOption(
      "--formula <formula>",
      'outcome and what explains it: "y ~ x1 + x2", "y ~ ." for all other columns, "y ~ 1" for a mean',
    )
    .addOption(
      new Option("--family <family>", "what is estimated (default: guessed from the outcome, and told)").choices([
        "ols",
        "logistic",
        "poisson",
        "mean",
        "quantile",
      ]),
    )
    .option("--probability <p>", "of the quantile (default: 0.5, the median)", between(0, 1))
    .option("--unlabelled <file>", "more unlabelled units, with the same columns but the outcome")
    .option("--proxy <columns...>", "columns with a model's prediction of the outcome, for every unit")
    .option("--synthetic <files...>", "with --key: a synthetic row for every unit; without: tables from a synthesizer")
    .option("--key <column>", "says which unit a row is of; pairs synthetic rows with units")
    .option("--drop-unpaired", "leave out units that a proxy or synthetic file lacks, instead of stopping")
    .addOption(
      new Option(
        "--synthesis <how>",
        "without --key: how the tables were made (default: fitted, as our synthesizers do)",
      ).choices(["fitted", "full", "partial"]),
    )
    .option("--weights <column>", "survey weights")
    .option("--strata <column>", "strata within which units were labelled")
    .option("--labelling-chance <column>", "known chance of each labelled unit to be labelled")
    .option(
      "--cross-fit",
      "let models of the labels predict the rest, beside other sources (default: where there are none)",
    )
    .addOption(
      new Option("--method <method>", "the estimate to go by (default: the control variate)").choices(
        METHODS.filter((method) => method !== "naive-pooling"),
      ),
    )
    .option("--level <share>", "of the intervals (default: 0.9)", between(0, 1))
    .option("--out <dir>", "write infer.json and infer.html here; must not exist")
    .option("--seed <n>", "same input and seed, same numbers (default: 0)", wholeNumber(0, MAX_SEED))
    .option("--threads <n>", "worker threads; does not change the result (default: all cores)", wholeNumber(1, 256))
    .option("--json", "print the result as JSON on stdout")
    .option("--quiet", "no progress")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil infer notes.csv --formula "severity ~ age + sex" --proxy model_severity --out severity
  counterfoil infer notes.csv --formula "died ~ age" --key id --synthetic generated.parquet
  counterfoil infer survey.csv --formula "income ~ 1" --family quantile --proxy guess --weights weight
  counterfoil infer real.csv --formula "y ~ x" --synthetic a.parquet b.parquet c.parquet`,
    )
    .action(async (labelled: string, { proxy, ...options }) => {
      const { infer } = await import("../jobs/infer.ts");
      const screen = display(options);
      const result = await infer({
        ...options,
        labelled,
        proxies: proxy,
        events: screen.events,
        signal: stopSignal(),
      }).finally(screen.finish);
      if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else {
        const { inferLines } = await import("./infer-lines.ts");
        process.stdout.write(`${inferLines(result, options.out).join("\n")}\n`);
      }
      process.exitCode = CODES[result.decision];
    });
}

const CODES: Readonly<Record<InferResult["decision"], number>> = {
  estimated: EXIT.done,
  alarm: EXIT.refused,
  none: EXIT.indeterminate,
};
