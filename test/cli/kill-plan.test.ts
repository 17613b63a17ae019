import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { townCsv } from "../jobs/plan-world.ts";
import { counterfoil, inScratch } from "./run.ts";

const ARGS = ["plan", "train.csv", "--target", "insured", "--real", "12,18", "--synthetic", "0,1", "--seeds", "3"];

/** Starts a plan, and signals it when its journal has so many lines. */
async function stopped(
  folder: string,
  at: { readonly lines: number; readonly signal: NodeJS.Signals; readonly threads: string },
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn(
    process.execPath,
    [resolve("dist", "cli", "main.js"), ...ARGS, "--out", "out", "--threads", at.threads],
    { cwd: folder },
  );
  let stderr = "";
  child.stderr.on("data", (part) => {
    stderr += part;
  });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  const journal = join(folder, "out-work", "journal.jsonl");
  const timer = setInterval(() => {
    if (existsSync(journal) && readFileSync(journal, "utf8").split("\n").length - 1 >= at.lines) {
      clearInterval(timer);
      child.kill(at.signal);
    }
  }, 2);
  const code = await ended;
  clearInterval(timer);
  return { code, stderr };
}

test("killed at any instant, a plan goes on where it was, and ends in the same bytes as one that was left alone", () =>
  inScratch(async (folder) => {
    writeFileSync(join(folder, "train.csv"), townCsv(1, 400));
    const whole = await counterfoil([...ARGS, "--out", "whole", "--threads", "2", "--quiet"], { cwd: folder });
    assert.equal(whole.code, 4, whole.stderr);
    await stopped(folder, { lines: 1, signal: "SIGKILL", threads: "2" });
    // A line that was being written when the machine stopped.
    const journal = join(folder, "out-work", "journal.jsonl");
    const kept = readFileSync(journal, "utf8");
    writeFileSync(journal, `${kept}{"size":100,"se`);
    const interrupted = await stopped(folder, { lines: kept.split("\n").length + 1, signal: "SIGINT", threads: "1" });
    assert.equal(interrupted.code, 1, interrupted.stderr);
    assert.match(interrupted.stderr, /trainings are kept in .*out-work, and the same command goes on from there/);
    const ran = await counterfoil([...ARGS, "--out", "out", "--threads", "1"], { cwd: folder });
    assert.equal(ran.code, 4, ran.stderr);
    assert.match(ran.stderr, /of the \d+ trainings were done before/);
    assert.deepEqual(
      readdirSync(folder)
        .filter((name) => !name.startsWith("."))
        .sort(),
      ["out", "train.csv", "whole"],
    );
    for (const name of ["plan.json", "pilot.csv"])
      assert.equal(
        readFileSync(join(folder, "out", name), "utf8"),
        readFileSync(join(folder, "whole", name), "utf8"),
        name,
      );
  }));
