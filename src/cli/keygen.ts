import type { Command } from "commander";

/** Declares `counterfoil keygen`. */
export function addKeygen(program: Command): void {
  program
    .command("keygen")
    .summary("make a signing key")
    .description(
      "Makes an Ed25519 key. Without --out it becomes this user's own key, if there is none yet. Give the public half to\n" +
        "those who will verify your bundles (--trust).",
    )
    .option(
      "--out <file>",
      "write the private key here (PEM, readable by you alone) and the public one beside it (.pub.pem)",
    )
    .option("--json", "print the result as JSON on stdout")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText("after", "\nExamples:\n  counterfoil keygen\n  counterfoil keygen --out release-key.pem")
    .action(async (options: { out?: string; json?: boolean }) => {
      const { keygen } = await import("../jobs/keygen.ts");
      const made = await keygen({ out: options.out });
      if (options.json) process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
      else
        process.stdout.write(
          `${made.created ? "made" : "kept the existing"} key ${made.keyId}\n  private: ${made.privateKey}\n  public:  ${made.publicKey}\n`,
        );
    });
}
