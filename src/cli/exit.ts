import { CounterfoilError } from "../errors.ts";
import type { Verdict } from "../policy/decision.ts";

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, indeterminate: 4, notTrusted: 5 } as const;

/** The exit code of a decision. */
export function exitCodeOf(decision: Verdict): number {
  if (decision === "refuse") return EXIT.refused;
  if (decision === "indeterminate") return EXIT.indeterminate;
  return EXIT.done;
}

/** Prints an error for a person (for a script with --json) and returns the exit code. No stack trace without --debug. */
export function reportError(error: unknown, argv: readonly string[]): number {
  const ours = error instanceof CounterfoilError;
  const message = ours ? error.message : `Unexpected: ${error instanceof Error ? error.message : String(error)}`;
  const advice = ours
    ? error.advice
    : "This is a fault in counterfoil. Run again with --debug and report what it prints.";
  const code = ours ? error.code : "internal";
  if (argv.includes("--json"))
    process.stdout.write(`${JSON.stringify({ error: { code, message, advice: advice ?? null } })}\n`);
  process.stderr.write(`error: ${message}\n${advice ? `  ${advice}\n` : ""}`);
  if (argv.includes("--debug") && error instanceof Error)
    process.stderr.write(`${error.stack}\n${error.cause ? `cause: ${String(error.cause)}\n` : ""}`);
  return ours ? error.exitCode : EXIT.failed;
}
