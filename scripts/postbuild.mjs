// Copies what tsc does not: files that are data (policies, schemas, styles). Makes the command executable.
import { chmodSync, cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const outs = readdirSync(".")
  .filter((name) => name.startsWith(".build"))
  .map((name) => join(name, "src"));
for (const out of ["dist", ...outs]) {
  if (!existsSync(out)) continue;
  for (const file of readdirSync("src", { recursive: true })) {
    if (/\.(yaml|css|json|svg|browser\.js)$/.test(file)) cpSync(join("src", file), join(out, file));
  }
}
const main = join("dist", "cli", "main.js");
if (existsSync(main)) chmodSync(main, 0o755);
