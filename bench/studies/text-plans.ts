import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { studyFile } from "./study-rows.ts";

/** The command line as it was compiled beside this study. */
const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

/** A pilot that `counterfoil plan` runs by itself: its own draws, student and generator of n-grams with back-off. */
export const BACK_OFF_PLANS: Readonly<Record<"banking77" | "fairytaleqa", readonly string[]>> = {
  banking77: [
    ...["plan", studyFile("banking77", "train"), "--test", studyFile("banking77", "test")],
    ...["--text", "text", "--target", "category"],
    ...["--real", "50,125,250,500,1000", "--synthetic", "0,1,4", "--seeds", "4", "--goal", "0.7"],
  ],
  fairytaleqa: [
    ...["plan", studyFile("fairytaleqa", "train"), "--test", studyFile("fairytaleqa", "test")],
    ...["--text", "question", "--target", "kind"],
    ...["--real", "25,50,125,250,500,1000", "--synthetic", "0,1,2,5", "--seeds", "4", "--goal", "0.93"],
  ],
};

/** Runs the command line, copies the pilot it measured to `pilot`, and what it says of it to `said`. */
export function runPlan(
  args: readonly string[],
  to: { readonly pilot?: string; readonly said: (text: string) => void },
): void {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-study-"));
  const out = join(folder, "plan");
  try {
    const child = spawnSync(process.execPath, [MAIN, ...args, "--out", out], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (child.status !== 0 && child.status !== 4)
      throw new Error(`counterfoil ${args.join(" ")}: exit ${child.status ?? child.signal}`);
    if (to.pilot) copyFileSync(join(out, "pilot.csv"), to.pilot);
    to.said(readFileSync(join(out, "plan.json"), "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
