import type { Command } from "commander";
import { EXIT } from "./exit.ts";

/** Declares `counterfoil doctor`. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .summary("what is installed, what is missing, where things are kept")
    .description("Checks Node, DuckDB, threads, memory, the key store and the ledger, by using each of them.")
    .option("--json", "print the result as JSON on stdout")
    .option("--debug", "show a stack trace when something fails")
    .action(async (options: { json?: boolean }) => {
      const { doctor } = await import("../jobs/doctor.ts");
      const checks = await doctor();
      if (options.json) process.stdout.write(`${JSON.stringify(checks, null, 2)}\n`);
      else
        for (const check of checks)
          process.stdout.write(`${check.ok ? "ok  " : "FAIL"} ${check.name.padEnd(12)} ${check.detail}\n`);
      if (checks.some((check) => !check.ok)) process.exitCode = EXIT.failed;
    });
}
