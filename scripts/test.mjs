// Builds, then runs every test file with Node's own runner, and closes with "N passed, N failed" from the runner's counts.
// Usage: npm test [-- <part of a file name> …]; --built: what is built is up to date; --except=part,part: without these files
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const tsc = join("node_modules", "typescript", "bin", "tsc");
const isBuilt = process.argv.includes("--built");
for (const args of isBuilt
  ? []
  : [
      ["-p", "tsconfig.json"],
      ["-p", "tsconfig.test.json"],
    ]) {
  const built = spawnSync(process.execPath, [tsc, ...args], { stdio: "inherit" });
  if (built.status !== 0) process.exit(1);
}
spawnSync(process.execPath, ["scripts/postbuild.mjs"], { stdio: "inherit" });

const wanted = process.argv.slice(2).filter((part) => !part.startsWith("--"));
const except =
  process.argv
    .find((part) => part.startsWith("--except="))
    ?.slice("--except=".length)
    .split(",") ?? [];
const files = readdirSync(join(".build", "test"), { recursive: true })
  .filter((file) => file.endsWith(".test.js") && (wanted.length === 0 || wanted.some((part) => file.includes(part))))
  .filter((file) => !except.some((part) => file.includes(part)))
  .map((file) => join(process.cwd(), ".build", "test", file))
  .sort();
if (files.length === 0) {
  console.error(`No test file matches ${wanted.join(", ")}.`);
  process.exit(1);
}

let passed = 0;
let failed = 0;
let skipped = 0;
const isSuite = (data) => data.details?.type === "suite";
const stream = run({ files, concurrency: 2, timeout: 300_000 });
stream.on("test:pass", (data) => {
  if (isSuite(data)) return;
  if (data.skip !== undefined) skipped++;
  else passed++;
});
stream.on("test:fail", (data) => {
  if (!isSuite(data)) failed++;
});
stream.on("end", () => {
  setTimeout(() => {
    console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  }, 50);
});
stream.compose(new spec()).pipe(process.stdout);
