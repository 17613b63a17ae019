import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { randomFromSeed } from "../../src/random.ts";
import { counterfoil, inScratch } from "./run.ts";

/** A table whose domain is public, and the schema that says so. */
function writeWorld(folder: string): void {
  const random = randomFromSeed(5);
  const rows = Array.from({ length: 600 }, (_, i) => {
    const age = 20 + random.integer(50);
    return `${age},${age > 40 && i % 3 > 0 ? "yes" : "no"},${["a", "b", "c"][random.integer(3)]}`;
  });
  writeFileSync(join(folder, "people.csv"), `age,smoker,town\n${rows.join("\n")}\n`);
  writeFileSync(
    join(folder, "people.yaml"),
    `format: counterfoil-schema/1
columns:
  - { name: age, kind: integer, range: [20, 70] }
  - { name: smoker, kind: categorical, categories: ["no", "yes"] }
  - { name: town, kind: categorical, categories: [a, b, c] }
`,
  );
  writeFileSync(
    join(folder, "ours.yaml"),
    "format: counterfoil-policy/2\nextends: private\nname: ours\nprivacyBudget: { epsilon: 1.7 }\n",
  );
}

const RUN = [
  "synthesize",
  "people.csv",
  "--schema",
  "people.yaml",
  "--policy",
  "ours.yaml",
  "--epsilon",
  "1",
  "--synthesizer",
  "mst",
  "--quiet",
] as const;

test("killed at any instant, a private release leaves bundle and evaluation whole or absent and its charge standing; runs go on until the budget is full, and are then refused with exit 3", () =>
  inScratch(async (folder) => {
    writeWorld(folder);
    const xdg = (name: string): string => join(folder, ".xdg", name);
    const env = {
      ...process.env,
      XDG_CONFIG_HOME: xdg("config"),
      XDG_DATA_HOME: xdg("data"),
      XDG_STATE_HOME: xdg("state"),
    };
    const ledger = join(xdg("data"), "counterfoil", "ledger.jsonl");
    const charges = (): number =>
      existsSync(ledger) ? readFileSync(ledger, "utf8").split('{"format":"counterfoil-charge/1"').length - 1 : 0;
    let bundles = 0;
    for (const delayMs of [400, 900, 1500, 2500]) {
      const child = spawn(process.execPath, [resolve("dist", "cli", "main.js"), ...RUN, "--out", "out"], {
        cwd: folder,
        env,
      });
      const ended = new Promise((done) => child.on("close", done));
      await new Promise((done) => setTimeout(done, delayMs));
      child.kill("SIGKILL");
      await ended;
      if (existsSync(join(folder, "out"))) {
        bundles++;
        const verified = await counterfoil(["verify", "out"], { cwd: folder });
        assert.equal(verified.code, 0, `killed after ${delayMs} ms: ${verified.stdout}`);
        assert.ok(existsSync(join(folder, "out-evaluation", "scores.json")), "a bundle without its evaluation");
      }
      for (const name of readdirSync(folder).filter((item) => item.startsWith("out-evaluation")))
        assert.deepEqual(readdirSync(join(folder, name)).sort(), ["decision.json", "report.html", "scores.json"]);
      for (const name of readdirSync(folder).filter((item) => item === "out" || item.startsWith("out-evaluation")))
        rmSync(join(folder, name), { recursive: true });
      assert.ok(charges() >= bundles, "a bundle without its charge");
    }
    const killed = charges();
    let refused = false;
    for (let run = 0; run < 8 && !refused; run++) {
      const { code, stderr, stdout } = await counterfoil([...RUN, "--out", `run${run}`], { cwd: folder });
      refused = code === 3;
      assert.equal(code, refused ? 3 : 0, stderr);
      assert.equal(existsSync(join(folder, `run${run}`)), !refused);
      if (refused) assert.match(stdout, /privacy-budget: The source would have spent/);
      assert.equal(charges(), killed + run + (refused ? 0 : 1));
    }
    assert.ok(refused, "the budget was never full");
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes("partial") && !name.startsWith(".out")),
      [],
    );
  }));
