import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { synthesize } from "../../src/jobs/synthesize.ts";
import { isMeasured, type Score } from "../../src/metrics/metric.ts";
import { scratchHome } from "./world.ts";

const GOLDEN = join("test", "golden", "small");

// A change here is a change of what users get for the same input and seed: raise the version it shows in, then UPDATE_GOLDEN=1 npm test -- golden.
test("a small run leaves what it left before", async () => {
  const bundle = join(scratchHome(), "bundle");
  const result = await synthesize({
    source: join(GOLDEN, "input.csv"),
    out: bundle,
    target: "smoker",
    group: "person",
    csv: true,
    seed: 42,
    threads: 2,
  });
  const got: Readonly<Record<string, string>> = {
    "schema.yaml": readFileSync(join(bundle, "schema.yaml"), "utf8"),
    "recipe.json": readFileSync(join(bundle, "recipe.json"), "utf8"),
    "synthetic.csv": readFileSync(join(bundle, "data", "synthetic.csv"), "utf8"),
    "scores.json": `${JSON.stringify(result.scores.map(rounded), null, 1)}\n`,
    "decision.json": `${JSON.stringify(
      {
        decision: result.decision.decision,
        rules: Object.fromEntries(result.decision.rules.map(({ rule, outcome }) => [rule, outcome])),
      },
      null,
      1,
    )}\n`,
    "notices.txt": `${result.notices.filter((notice) => !notice.includes("key")).join("\n")}\n`,
  };
  for (const [file, text] of Object.entries(got)) {
    const path = join(GOLDEN, "expected", file);
    if (process.env.UPDATE_GOLDEN === "1") {
      mkdirSync(join(GOLDEN, "expected"), { recursive: true });
      writeFileSync(path, text);
    }
    assert.equal(text, readFileSync(path, "utf8"), `${path} differs; if that is meant: UPDATE_GOLDEN=1`);
  }
});

/** Name and numbers, to six digits: the last bits of logarithms are not the same in every version of Node. */
function rounded(score: Score): unknown {
  if (!isMeasured(score)) return { metric: score.metric, notComputable: score.notComputable };
  const { metric, value, low, high, n, ceiling, floor } = score;
  const six = (interval: { readonly value: number; readonly low: number; readonly high: number } | undefined) =>
    interval ? [interval.value, interval.low, interval.high].map((x) => Number(x.toPrecision(6)) + 0) : null;
  return { metric, n, score: six({ value, low, high }), ceiling: six(ceiling), floor: six(floor) };
}
