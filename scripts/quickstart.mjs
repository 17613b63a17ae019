// Builds if needed, then runs the main job on SUPPORT2: 9,105 critically ill patients, 48 columns, much of it missing.
// The target is death; three columns would give it away and are declared as leaks. Nothing is tried out, so that it is quick: without the option
// several synthesizers are, and the better one for this table takes longer.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";

const built = spawnSync("npm", ["run", "-s", "build"], { stdio: "inherit", shell: process.platform === "win32" });
if (built.status !== 0) process.exit(built.status ?? 1);
rmSync("quickstart", { recursive: true, force: true });
const run = spawnSync(
  process.execPath,
  [
    join("dist", "cli", "main.js"),
    "synthesize",
    join("examples", "data", "support2.csv.gz"),
    ...["--target", "death"],
    ...["--target-leaks", "hospdead", "d.time", "sfdm2"],
    ...["--option", "budgetSeconds=0"],
    ...["--out", "quickstart"],
    ...process.argv.slice(2),
  ],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
