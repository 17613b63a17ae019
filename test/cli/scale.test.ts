import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { counterfoil, inScratch } from "./run.ts";

const points = (loss: (size: number) => number): string =>
  `size,loss\n${Array.from({ length: 8 }, (_, i) => 100 * 3 ** i)
    .map((size) => `${size},${loss(size).toFixed(6)}`)
    .join("\n")}\n`;

test("scale answers with 0, says too far out with 3 and bad data with 1", () =>
  inScratch(async (cwd) => {
    writeFileSync(
      join(cwd, "falls.csv"),
      points((size) => 9 / (4 + size ** 0.4) + 0.3 + 0.001 * Math.sin(size)),
    );
    writeFileSync(
      join(cwd, "rises.csv"),
      points((size) => size ** 0.1),
    );
    writeFileSync(
      join(cwd, "negative.csv"),
      points((size) => 1 - size / 1000),
    );
    const run = (...args: string[]) => counterfoil(["scale", ...args, "--quiet"], { cwd });
    const [falls, far, negative] = await Promise.all([
      run("falls.csv", "--out", "report", "--target", "0.35", "--samples", "100"),
      run("falls.csv", "--predict", "300_000", "1e9", "--samples", "100", "--json"),
      run("negative.csv", "--json"),
    ]);
    assert.equal(falls.code, 0, falls.stderr);
    assert.match(falls.stdout, /Reaching loss 0\.35 takes a size of about[\s\S]*loss = .*size\^/);
    assert.ok(existsSync(join(cwd, "report", "scale.html")));
    assert.equal(far.code, 3);
    const { laws } = JSON.parse(far.stdout);
    assert.deepEqual(
      laws[0].fitted.predictions.map(({ answer }: { answer: unknown }) => answer !== null),
      [true, false],
    );
    assert.equal(negative.code, 1);
    assert.equal(JSON.parse(negative.stdout).error.code, "bad-loss");
  }));
