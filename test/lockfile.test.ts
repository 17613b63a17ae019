import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

test("the lockfile lists every platform's packages: `npm ci` works on a machine unlike the one that wrote it", () => {
  const { packages } = read("package-lock.json") as { packages: Record<string, Locked> };
  for (const [where, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies))
      assert.ok(packages[`node_modules/${name}`], `${where} → ${name} is not locked`);
  }
});

test("every dependency is pinned to one version", () => {
  const { dependencies = {}, devDependencies = {} } = read("package.json") as Locked;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    assert.match(version, /^\d/, `${name} is not pinned: ${version}`);
});
