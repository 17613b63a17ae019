import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path/posix";
import { test } from "node:test";

/** A file may import from its own folder or from one named earlier. Nothing else. */
const LAYERS = [
  "errors",
  "random",
  "executors",
  "math",
  "data",
  "schema",
  "dp",
  "learners",
  "llm",
  "synthesizers",
  "text",
  "metrics",
  "compat",
  "hybrid",
  "policy",
  "runs",
  "evidence",
  "jobs",
  "index",
  "testing",
  "web",
  "cli",
];

/** Pairs the order alone would allow, and that we still forbid. */
const NEVER: readonly (readonly [string, string])[] = [
  ["learners", "data"],
  ["learners", "schema"],
  ["learners", "dp"],
  ["metrics", "synthesizers"],
  ["metrics", "text"],
  ["text", "synthesizers"],
];

/** Where Node's own modules may be imported: secure randomness, threads, and everything that touches files or the network. */
const NODE =
  /^(random$|executors\/|data\/(duckdb|sqlite|read|write|sniff|csv|plain-text)|llm\/(http|journal|local)|runs\/|evidence\/|jobs\/|web\/|cli\/)/;

/** Who may look at the clock or talk to the terminal. */
const AMBIENT = /^(random$|runs\/|web\/|cli\/)/;

const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const layer = (path: string): string => (relative("src", path).split("/")[0] as string).replace(/\.ts$/, "");

test("imports only point down the layers", () => {
  for (const file of sources) {
    const path = join("src", file);
    const from = layer(path);
    for (const [, spec] of readFileSync(path, "utf8").matchAll(/(?:from|import\(|new URL\()\s*"(\.[^"]+)"/g)) {
      const to = layer(join(dirname(path), (spec as string).replace(/\.js$/, ".ts")));
      if (to.startsWith("..")) continue; // package.json
      const ok =
        to === from ||
        (LAYERS.indexOf(to) >= 0 &&
          LAYERS.indexOf(to) < LAYERS.indexOf(from) &&
          !NEVER.some(([a, b]) => a === from && b === to));
      assert.ok(ok, `${path} must not import ${spec}: ${from} → ${to}`);
    }
  }
});

test("Node's modules, the clock and the terminal are used only where effects live", () => {
  for (const file of sources) {
    const name = file.replace(/\.ts$/, "");
    const text = readFileSync(join("src", file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    if (!NODE.test(name)) assert.doesNotMatch(text, /from "node:|import\("node:/, `${file} imports a Node module`);
    if (!AMBIENT.test(name))
      assert.doesNotMatch(
        text,
        /Math\.random\(|Date\.now\(|new Date\(\)|\bconsole\./,
        `${file} uses the clock, chance or the console`,
      );
  }
});

test("only one file imports DuckDB, and one SQLite", () => {
  const importers = (name: string): string[] =>
    sources.filter((file) => readFileSync(join("src", file), "utf8").includes(`"${name}"`));
  assert.deepEqual(importers("@duckdb/node-api"), ["data/duckdb.ts"]);
  assert.deepEqual(importers("node-sqlite3-wasm"), ["data/sqlite.ts"]);
});
