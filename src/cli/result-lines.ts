import { relative } from "node:path";
import type { Decision } from "../policy/decision.ts";

const WORDS = { pass: "PASSED", refuse: "REFUSED", indeterminate: "INDETERMINATE", waived: "WAIVED" } as const;

/** "decision   PASSED: all 3 hard rules that apply hold." */
export function decisionLine({ decision, summary }: Decision): string {
  // The summary begins with the same word in small letters.
  return `decision   ${WORDS[decision]}: ${summary.replace(/^(passed|refused|indeterminate|waived): /i, "")}`;
}

/** A path as short as it can be written from the working folder. */
export function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short || ".";
}
