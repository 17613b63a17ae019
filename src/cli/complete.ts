import { relative } from "node:path";
import type { Command } from "commander";
import { display, stopSignal } from "./effects.ts";
import { MAX_SEED, wholeNumber } from "./options.ts";

/** Declares `counterfoil complete`. */
export function addComplete(program: Command): void {
  program
    .command("complete")
    .summary("fill the missing cells of a table from a kept model")
    .description(
      "Fills missing cells and missing columns of a table from a model that `synthesize --save-model` kept, each row given its\n" +
        "other cells. Cells that are there stay as they are: what is real in the table stays real, and nothing is judged.",
    )
    .argument("<model>", "the model file")
    .argument("<table>", "a table that lacks cells or columns")
    .option("--out <file>", "a .parquet or .csv file; must not exist (default: <table>-completed.parquet)")
    .option("--query <sql>", 'SQL over the table; a file is the table "source"')
    .option("--seed <n>", "same input and seed, same bytes (default: 0)", wholeNumber(0, MAX_SEED))
    .option("--threads <n>", "worker threads; does not change the result (default: all cores)", wholeNumber(1, 256))
    .option("--json", "print the result as JSON on stdout")
    .option("--quiet", "no progress")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil complete patients.safetensors half-filled.csv --out filled.csv
  counterfoil complete patients.safetensors ages-only.csv --out whole.parquet --seed 2`,
    )
    .action(async (model: string, table: string, options) => {
      const { complete } = await import("../jobs/complete.ts");
      const screen = display(options);
      const result = await complete({
        ...options,
        model,
        table,
        events: screen.events,
        signal: stopSignal(),
      }).finally(screen.finish);
      if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else {
        const count = (n: number): string => n.toLocaleString("en-US");
        process.stdout.write(
          `wrote ${relative(process.cwd(), result.table)}: ${count(result.rows)} rows, ${count(result.cells.filled)} cells filled, ${count(result.cells.given)} as they were, not judged\n`,
        );
      }
    });
}
