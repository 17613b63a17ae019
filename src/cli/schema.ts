import type { Command } from "commander";
import { display, stopSignal } from "./effects.ts";

/** Declares `counterfoil schema`. */
export function addSchema(program: Command): void {
  program
    .command("schema")
    .summary("what we think each column is, and why; writes an editable YAML")
    .description(
      "Reads a table and prints what each column was taken for, with the reasons as comments. Edit the file and give it to\n" +
        "synthesize or evaluate with --schema.",
    )
    .argument("<file>", "a table")
    .option("--out <file>", "write here instead of to stdout; must not exist")
    .option("--query <sql>", 'SQL over the source; a file is the table "source"')
    .option("--json", "print JSON instead of YAML")
    .option("--quiet", "no notes")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText("after", "\nExample:\n  counterfoil schema patients.csv --out patients.schema.yaml")
    .action(async (file: string, options: { out?: string; query?: string; json?: boolean; quiet?: boolean }) => {
      const { describe } = await import("../jobs/describe.ts");
      const screen = display({ quiet: options.quiet });
      const text = await describe({
        source: file,
        query: options.query,
        out: options.out,
        json: options.json,
        events: { notice: screen.events.notice ?? (() => {}) },
        signal: stopSignal(),
      });
      if (options.out === undefined) process.stdout.write(text);
      else if (!options.quiet) process.stderr.write(`wrote ${options.out}\n`);
    });
}
