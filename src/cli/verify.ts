import type { Command } from "commander";
import { display, stopSignal } from "./effects.ts";
import { EXIT, exitCodeOf } from "./exit.ts";
import { parentOptions, wholeNumber } from "./options.ts";

/** Declares `counterfoil verify`. */
export function addVerify(program: Command): void {
  program
    .command("verify")
    .summary("check a bundle offline: every hash, the signature, the signer")
    .description(
      "Recomputes every hash of a bundle and checks its signature, against the key given or this user's own key store.\n" +
        "Exit code 5: something does not check, or the signer is unknown here. 3: it checks, and its decision is to refuse.",
    )
    .argument("<bundle>", "the folder that synthesize, evaluate or run left")
    .option("--trust <keyfile>", "the signer's public key (PEM)")
    .option("--recompute", "also measure every metric again, from the private files below (a text run needs none)")
    .option("--real <file>", "the source of a synthesis, or the real rows of an evaluation")
    .option("--anchor <file>", "the real rows beside a synthetic source, if a synthesis had them")
    .option("--synthetic <file>", "the table that an evaluation judged")
    .option("--holdout <file>", "the holdout that an evaluation had")
    .option("--parent <files...>", "the parent tables that an evaluation had")
    .option("--real-parent <files...>", "and those of its real rows")
    .option("--schema <file>", "the schema file that was given, if one was")
    .option("--threads <n>", "worker threads for --recompute (default: all cores)", wholeNumber(1, 256))
    .option("--quiet", "no progress")
    .option("--json", "print the result as JSON on stdout")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil verify patients-synthetic
  counterfoil verify patients-synthetic --trust partner.pub.pem
  counterfoil verify patients-synthetic --recompute --real patients.csv`,
    )
    .action(async (bundle: string, options) => {
      const { verify } = await import("../jobs/verify.ts");
      const { lineageInWords } = await import("../runs/data-lineage.ts");
      const screen = display({ ...options, quiet: options.quiet || !options.recompute });
      const result = await verify({
        ...options,
        ...parentOptions(options),
        bundle,
        events: screen.events,
        signal: stopSignal(),
      }).finally(screen.finish);
      if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else if (result.trusted)
        process.stdout.write(
          `${(result.notices ?? []).map((notice) => `note: ${notice}\n`).join("")}trusted: ${result.files} files check${options.recompute && !result.notices ? ", every score was measured again" : ""}; signed by ${result.signer}\ndecision: ${result.decision}\n${result.lineage ? `lineage: ${lineageInWords(result.lineage)}\n` : ""}`,
        );
      else process.stdout.write(`NOT TRUSTED\n${result.problems.map((problem) => `  - ${problem}`).join("\n")}\n`);
      process.exitCode = result.trusted && result.decision ? exitCodeOf(result.decision) : EXIT.notTrusted;
    });
}
