// npm run bench -- <name> [--quick] [--json]: builds, then runs one benchmark from bench/ and prints its table.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const names = readdirSync("bench")
  .filter((file) => /^[a-z-]+\.ts$/.test(file))
  .map((file) => file.replace(/\.ts$/, ""));
const [name, ...flags] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(`usage: npm run bench -- <name> [--quick] [--json]\n  benchmarks: ${names.join(", ")}`);
  process.exit(2);
}
const tsc = join("node_modules", "typescript", "bin", "tsc");
for (const args of [
  ["-p", "tsconfig.json"],
  ["-p", "tsconfig.test.json"],
]) {
  const built = spawnSync(process.execPath, [tsc, ...args], { stdio: ["ignore", 2, 2] });
  if (built.status !== 0) process.exit(1);
}
spawnSync(process.execPath, ["scripts/postbuild.mjs"], { stdio: "inherit" });
const { run } = await import(pathToFileURL(join(".build", "bench", `${name}.js`)).href);
await run({ quick: flags.includes("--quick"), json: flags.includes("--json"), flags });
