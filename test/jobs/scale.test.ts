import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InvalidArgument, InvalidData } from "../../src/errors.ts";
import { scale } from "../../src/jobs/scale.ts";
import { scaleSchema } from "../../src/jobs/scale-schema.ts";
import { randomFromSeed } from "../../src/random.ts";
import { fileIn, scratchHome } from "./world.ts";

const home = scratchHome();

/** Accuracies by rows: 1 − (5 / rows^.3 + .1). */
function csv(rungs: number, options: { readonly model?: string; readonly header?: boolean } = {}): string {
  const random = randomFromSeed(3);
  const lines = options.header === false ? [] : ["model,rows,run,accuracy"];
  for (let rung = 0; rung < rungs; rung++)
    for (let run = 0; run < 3; run++) {
      const rows = 500 * 2 ** rung;
      const loss = (5 / rows ** 0.3 + 0.1) * Math.exp(0.01 * random.normal());
      lines.push(`${options.model ?? "m"},${rows},${run},${(1 - loss).toFixed(5)}`);
    }
  return `${lines.join("\n")}\n`;
}

test("a score gets a law, a page and a JSON that satisfies the published schema; the same seed gives the same bytes", async () => {
  const points = fileIn(home, "points.csv", csv(9));
  const [out, again] = [join(home, "out"), join(home, "again")];
  const asked = { points, target: 0.75, predict: [1e6], samples: 100 };
  const result = await scale({ ...asked, out });
  await scale({ ...asked, out: again });
  assert.equal(result.decision, "fitted");
  assert.deepEqual(scaleSchema.parse(JSON.parse(readFileSync(join(out, "scale.json"), "utf8"))), result);
  for (const file of ["scale.json", "scale.html"])
    assert.deepEqual(readFileSync(join(out, file)), readFileSync(join(again, file)));
  // 1 − (5 / D^.3 + .1) = .75 at D = (5 / .15)^(1 / .3).
  const { target, predictions } = result.laws[0]?.fitted ?? {};
  const truth = (5 / 0.15) ** (1 / 0.3);
  assert.ok((target?.low ?? Infinity) < truth && (target?.high ?? Infinity) > truth, JSON.stringify(target));
  assert.ok(Math.abs((predictions?.[0]?.answer?.value ?? 0) - (0.9 - 5 / 1e6 ** 0.3)) < 0.02);
  assert.match(result.reasons[0] ?? "", /^Reaching accuracy 0\.75 takes a size of about/);
  assert.match(result.notices.join("\n"), /higher is better and 1 perfect/);
});

test("a size that is too far out is refused in words, and the rest is answered", async () => {
  const result = await scale({ points: fileIn(home, "far.csv", csv(9)), predict: [1e6, 1e9], samples: 100 });
  assert.equal(result.decision, "refused");
  assert.match(result.reasons.join("\n"), /foretells accuracy[\s\S]*beyond 16 times nothing is foretold/);
});

test("a loss that rises gets no law, and a page that says so", async () => {
  const rises = Array.from({ length: 8 }, (_, i) => `${2 ** i},${2 ** (i / 9)}`).join("\n");
  const out = join(home, "rises");
  const result = await scale({ points: fileIn(home, "rises.csv", `size,loss\n${rises}\n`), out });
  assert.equal(result.decision, "refused");
  assert.match(result.reasons[0] ?? "", /^There is no law: loss rises with the size \(by 8\s%/);
  assert.match(readFileSync(join(out, "scale.html"), "utf8"), /<title>No law/);
});

test("one learner with too few sizes is named and left out; names are escaped on the page", async () => {
  const text =
    csv(8, { model: "<b>good</b>" }) +
    csv(8, { model: "other", header: false }) +
    csv(3, { model: "short", header: false });
  const out = join(home, "groups");
  const result = await scale({ points: fileIn(home, "groups.csv", text), samples: 100, out });
  assert.deepEqual(
    result.left.map(({ group }) => group),
    ["short"],
  );
  assert.equal(result.summary?.fitted, 2);
  const page = readFileSync(join(out, "scale.html"), "utf8");
  assert.ok(page.includes("&lt;b&gt;good") && !page.includes("<b>good"));
});

test("what cannot be fitted is an error that says what to do", async () => {
  const fails = (options: { readonly text: string; readonly target?: number }, kind: unknown, pattern: RegExp) =>
    assert.rejects(
      scale({ points: fileIn(home, "bad.csv", options.text), target: options.target }),
      (error: Error) => error instanceof (kind as typeof Error) && pattern.test(error.message),
    );
  await fails({ text: csv(5) }, InvalidData, /5 different sizes/);
  await fails({ text: csv(8), target: 1.5 }, InvalidArgument, /beyond what a perfect learner/);
  await fails({ text: csv(8).replaceAll("rows", "words") }, InvalidArgument, /looks like the sizes/);
});
