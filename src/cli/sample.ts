import { relative } from "node:path";
import type { Command } from "commander";
import { display, stopSignal } from "./effects.ts";
import { MAX_ROWS, MAX_SEED, sharesOf, wholeNumber } from "./options.ts";

/** Declares `counterfoil sample`. */
export function addSample(program: Command): void {
  program
    .command("sample")
    .summary("draw rows from a kept model, also under a condition or in given shares")
    .description(
      "Draws synthetic rows from a model that `synthesize --save-model` kept. They are not judged: run `counterfoil evaluate`\n" +
        "on them before they leave the building.",
    )
    .argument("<model>", "the model file")
    .requiredOption("--rows <n>", "how many rows", wholeNumber(1, MAX_ROWS))
    .option("--where <condition>", "every row meets it; CEL over the columns, as \"age >= 65 && sex == 'F'\"")
    .option("--shares <column=label:share,…>", "shares of a column's labels, as sex=F:.5,M:.5", sharesOf)
    .option("--out <file>", "a .parquet or .csv file; must not exist (default: <model>-sample.parquet)")
    .option("--seed <n>", "same model and seed, same bytes (default: 0)", wholeNumber(0, MAX_SEED))
    .option("--threads <n>", "worker threads; does not change the result (default: all cores)", wholeNumber(1, 256))
    .option("--json", "print the result as JSON on stdout")
    .option("--quiet", "no progress")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil sample patients.safetensors --rows 100000 --out more.parquet
  counterfoil sample patients.safetensors --rows 500 --where "age >= 80 && sex == 'f'" --out old-women.csv
  counterfoil sample patients.safetensors --rows 1000 --shares died=yes:.5,no:.5 --out balanced.parquet`,
    )
    .action(async (model: string, options) => {
      const { sample } = await import("../jobs/sample.ts");
      const screen = display(options);
      const result = await sample({
        ...options,
        model,
        events: screen.events,
        signal: stopSignal(),
      }).finally(screen.finish);
      if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else {
        const count = (n: number): string => n.toLocaleString("en-US");
        const thrown = result.drawn > result.rows ? ` of ${count(result.drawn)} drawn` : "";
        process.stdout.write(
          `wrote ${relative(process.cwd(), result.table)}: ${count(result.rows)} synthetic rows${thrown}, not judged\n`,
        );
      }
    });
}
