import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const FOLDER = resolve("bench", "peers");

/** The Python of an environment that holds what `bench/peers/requirements-<name>.txt` pins; made at the first use, and again when the pins change.
 * @returns its path, or why there is none */
export function pythonOf(name: string): { readonly python: string } | { readonly missing: string } {
  const folder = join(FOLDER, `.venv-${name}`);
  const pins = join(FOLDER, `requirements-${name}.txt`);
  const python = join(folder, "bin", "python");
  const stamp = join(folder, "installed.txt");
  const wanted = readFileSync(pins, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return { python };
  for (const [command, ...args] of [
    ["python3", "-m", "venv", "--clear", folder],
    [
      ...[python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"],
      ...(wanted.includes("pip install --no-deps") ? ["--no-deps"] : []),
      ...["-r", pins],
    ],
  ] as [string, ...string[]][]) {
    const done = spawnSync(command, args, { encoding: "utf8" });
    if (done.status !== 0) {
      const why = (done.stderr || String(done.error)).trim().split("\n").at(-1) ?? "";
      return { missing: `not installed: ${why.slice(0, 120)}` };
    }
  }
  writeFileSync(stamp, wanted);
  return { python };
}
