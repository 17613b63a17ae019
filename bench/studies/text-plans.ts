import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
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
    ...[
      "--real",
      "50,125,250,500,1000",
      "--synthetic",
      "0,1,4",
      "--seeds",
      "4",
      "--goal",
      "0.7",
      "--available",
      "1000",
    ],
  ],
  fairytaleqa: [
    ...["plan", studyFile("fairytaleqa", "train"), "--test", studyFile("fairytaleqa", "test")],
    ...["--text", "question", "--target", "kind"],
    ...[
      "--real",
      "25,50,125,250,500,1000",
      "--synthetic",
      "0,1,2,5",
      "--seeds",
      "4",
      "--goal",
      "0.93",
      "--available",
      "1000",
    ],
  ],
};

/** Runs `counterfoil plan`, which prints what it says, and copies the pilot that it measured. */
export function runPlan(args: readonly string[], pilot?: string): void {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-study-"));
  const out = join(folder, "plan");
  try {
    const child = spawnSync(process.execPath, [MAIN, ...args, "--out", out], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (child.status !== 0 && child.status !== 4)
      throw new Error(`counterfoil ${args.join(" ")}: exit ${child.status ?? child.signal}`);
    if (pilot) copyFileSync(join(out, "pilot.csv"), pilot);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
