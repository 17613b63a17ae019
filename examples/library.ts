// The main job from TypeScript: a synthetic German credit table, judged and signed; then the same bundle verified.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { synthesize, verify } from "../src/index.ts"; // in your project: from "counterfoil"

const folder = mkdtempSync(join(tmpdir(), "counterfoil-example-"));

const result = await synthesize({
  source: "examples/data/german-credit.csv.gz",
  target: "class",
  out: join(folder, "german-credit"),
  seed: 1,
  events: { phase: (name, detail) => console.log(name, detail ?? "") },
});

console.log(result.decision.decision, "-", result.decision.summary);
for (const rule of result.decision.rules) console.log(" ", rule.outcome, rule.rule, rule.reason);

const check = await verify({ bundle: result.bundle as string });
console.log("verified:", check.trusted, "decision:", check.decision);
