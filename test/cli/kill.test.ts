import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { counterfoil, inScratch } from "./run.ts";

test("killed at any instant, the bundle is whole or absent; the next run into the same place succeeds", () =>
  inScratch(async (folder) => {
    copyFileSync(join("examples", "data", "german-credit.csv.gz"), join(folder, "credit.csv.gz"));
    const env = {
      ...process.env,
      XDG_CONFIG_HOME: join(folder, ".xdg", "config"),
      XDG_DATA_HOME: join(folder, ".xdg", "data"),
      XDG_STATE_HOME: join(folder, ".xdg", "state"),
    };
    for (const delayMs of [150, 500, 900, 1400, 2000, 2800]) {
      const out = join(folder, "out");
      const child = spawn(
        process.execPath,
        [resolve("dist", "cli", "main.js"), "synthesize", "credit.csv.gz", "--out", "out", "--quiet"],
        { cwd: folder, env },
      );
      const ended = new Promise((done) => child.on("close", done));
      await new Promise((done) => setTimeout(done, delayMs));
      child.kill("SIGKILL");
      await ended;
      if (existsSync(out)) {
        const verified = await counterfoil(["verify", "out"], { cwd: folder });
        assert.ok([0, 3, 4].includes(verified.code as number), `killed after ${delayMs} ms: ${verified.stdout}`);
        rmSync(out, { recursive: true });
      }
    }
    const ran = await counterfoil(["synthesize", "credit.csv.gz", "--out", "out", "--quiet"], { cwd: folder });
    assert.ok([0, 3, 4].includes(ran.code as number), ran.stderr);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes("partial")),
      [],
      "leftovers of killed runs",
    );
  }));

test("Ctrl-C stops cleanly and leaves nothing half-written", () =>
  inScratch(async (folder) => {
    copyFileSync(join("examples", "data", "support2.csv.gz"), join(folder, "support2.csv.gz"));
    const child = spawn(
      process.execPath,
      [resolve("dist", "cli", "main.js"), "synthesize", "support2.csv.gz", "--out", "out"],
      { cwd: folder },
    );
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const ended = new Promise<number | null>((done) => child.on("close", done));
    await new Promise<void>((done) => {
      child.stderr.on("data", () => /fit/.test(stderr) && done());
    });
    child.kill("SIGINT");
    const code = await ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /nothing was written/);
    assert.deepEqual(readdirSync(folder), ["support2.csv.gz"]);
  }));
