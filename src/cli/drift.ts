import type { Command } from "commander";
import { display, stopSignal } from "./effects.ts";
import { EXIT } from "./exit.ts";
import { between, MAX_SEED, wholeNumber } from "./options.ts";

/** Declares `counterfoil drift`. */
export function addDrift(program: Command): void {
  program
    .command("drift")
    .summary("has a new table moved away from an old one?")
    .description(
      "Compares two releases, or a release and fresh real rows. Two tests decide (a classifier and a kernel two-sample test, by\n" +
        "permutation), with a size beside each p-value; PSI, Jensen-Shannon and Wasserstein distances flag columns.\n" +
        "Exit code 0: no drift beyond the tolerance · 3: drift · 4: too few rows to tell.",
    )
    .argument("<old>", "a table, or the folder of a bundle")
    .argument("<new>", "a table, or the folder of a bundle")
    .option("--columns <columns...>", "compare only these; other columns may come and go")
    .option("--group <column>", "rows with the same value here are of one person")
    .option("--schema <file>", "what the columns mean, as `counterfoil schema` writes it")
    .option("--tolerance <area>", "area under the curve that still counts as alike (default: 0.55)", between(0.5, 1))
    .option("--alpha <share>", "false alarms of both tests together (default: 0.01)", between(0, 0.5))
    .option("--out <dir>", "write drift.json and drift.html here; must not exist")
    .option("--seed <n>", "same input and seed, same numbers (default: 0)", wholeNumber(0, MAX_SEED))
    .option("--threads <n>", "worker threads; does not change the result (default: all cores)", wholeNumber(1, 256))
    .option("--json", "print the result as JSON on stdout")
    .option("--quiet", "no progress")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil drift january.csv february.csv --out drift-february
  counterfoil drift patients-synthetic fresh.parquet --group patient_id --json`,
    )
    .action(async (old: string, fresh: string, options) => {
      const { drift } = await import("../jobs/drift.ts");
      const screen = display(options);
      const result = await drift({
        ...options,
        old,
        new: fresh,
        events: screen.events,
        signal: stopSignal(),
      }).finally(screen.finish);
      if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else process.stdout.write(`${spoken(result, options.out)}\n`);
      process.exitCode = { none: EXIT.done, drift: EXIT.refused, indeterminate: EXIT.indeterminate }[result.decision];
    });
}

const WORDS = { none: "NO DRIFT", drift: "DRIFT", indeterminate: "INDETERMINATE" } as const;

function spoken(result: import("../jobs/drift.ts").DriftResult, out: string | undefined): string {
  const flagged = result.columns.filter(({ flag }) => flag !== "none").sort((a, b) => b.psi - a.psi);
  const width = Math.max(0, ...flagged.map(({ name }) => name.length));
  return [
    `\n${WORDS[result.decision]}: ${result.reasons.join("\n  ")}`,
    ...(flagged.length > 0 ? ["\nflagged columns (PSI):"] : []),
    ...flagged
      .slice(0, 10)
      .map(({ name, psi, flag }) => `  ${name.padEnd(width)}  ${psi.toFixed(3)}${flag === "much" ? "  much" : ""}`),
    ...(flagged.length > 10 ? [`  and ${flagged.length - 10} more`] : []),
    // What a test goes by that sees nothing is chance.
    ...(result.decision === "none" || result.tests.every(({ pHolm }) => pHolm > result.alpha)
      ? []
      : [
          `told apart by: ${
            result.tellers
              .slice(0, 5)
              .map(({ name, share }) => `${name} (${Math.round(100 * share)} %)`)
              .join(", ") || "nothing"
          }`,
        ]),
    ...(out === undefined ? [] : [`report  ${out}/drift.html`]),
  ].join("\n");
}
