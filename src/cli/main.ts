#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { productVersion } from "../runs/fingerprint.ts";
import { addCollapse } from "./collapse.ts";
import { addComplete } from "./complete.ts";
import { addDoctor } from "./doctor.ts";
import { addDrift } from "./drift.ts";
import { addEvaluate } from "./evaluate.ts";
import { EXIT, reportError } from "./exit.ts";
import { addInfer } from "./infer.ts";
import { addKeygen } from "./keygen.ts";
import { addModels } from "./models.ts";
import { addPlan } from "./plan.ts";
import { addPolicy } from "./policy.ts";
import { addRun } from "./run.ts";
import { addSample } from "./sample.ts";
import { addScale } from "./scale.ts";
import { addSchema } from "./schema.ts";
import { addSynthesize } from "./synthesize.ts";
import { addVerify } from "./verify.ts";

// Whoever reads the output may have enough of it, as `head` has.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

// Commands declare their options here and load the work behind them when used: `--help` stays fast.
const program = new Command("counterfoil")
  .description("Synthetic data that is judged, decided by a written policy, and released with signed evidence.")
  .version(productVersion(), "-V, --version", "print the version")
  .helpOption("-h, --help", "show help")
  .helpCommand("help [command]", "show help for a command")
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) })
  .showHelpAfterError("(see --help)")
  .addHelpText(
    "after",
    `
Examples:
  counterfoil synthesize patients.csv --target died
  counterfoil evaluate real.csv vendor.csv --holdout unseen.csv
  counterfoil run questions.yaml --rows 1000
  counterfoil verify patients-synthetic

Exit codes: 0 done and passed · 1 failed · 2 wrong usage · 3 refused by the policy
            4 indeterminate (the evidence is too thin) · 5 not trusted`,
  );

for (const add of [
  addSynthesize,
  addRun,
  addEvaluate,
  addVerify,
  addInfer,
  addPlan,
  addScale,
  addCollapse,
  addSample,
  addComplete,
  addDrift,
  addSchema,
  addPolicy,
  addKeygen,
  addModels,
  addDoctor,
])
  add(program);
for (const command of program.commands) command.exitOverride().showHelpAfterError("(see --help)");

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has printed the message; help and version are no failures.
    process.exitCode =
      error.exitCode === 0 || error.code === "commander.help" ? (error.exitCode === 0 ? 0 : EXIT.usage) : EXIT.usage;
  } else {
    process.exitCode = reportError(error, process.argv);
  }
}
