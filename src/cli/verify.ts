import type { Command } from "commander";
import { EXIT, exitCodeOf } from "./exit.ts";

/** Declares `counterfoil verify`. */
export function addVerify(program: Command): void {
  program
    .command("verify")
    .summary("check a bundle offline: every hash, the signature, the signer")
    .description(
      "Recomputes every hash of a bundle and checks its signature, against the key given or this user's own key store.\n" +
        "Exit code 5: something does not check, or the signer is unknown here. 3: it checks, and its decision is to refuse.",
    )
    .argument("<bundle>", "the folder that synthesize or evaluate left")
    .option("--trust <keyfile>", "the signer's public key (PEM)")
    .option("--json", "print the result as JSON on stdout")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil verify patients-synthetic
  counterfoil verify patients-synthetic --trust partner.pub.pem`,
    )
    .action(async (bundle: string, options: { trust?: string; json?: boolean }) => {
      const { verify } = await import("../jobs/verify.ts");
      const result = await verify({ bundle, trust: options.trust });
      if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else if (result.trusted)
        process.stdout.write(
          `trusted: ${result.files} files check; signed by ${result.signer}\ndecision: ${result.decision}\n`,
        );
      else process.stdout.write(`NOT TRUSTED\n${result.problems.map((problem) => `  - ${problem}`).join("\n")}\n`);
      process.exitCode = result.trusted && result.decision ? exitCodeOf(result.decision) : EXIT.notTrusted;
    });
}
