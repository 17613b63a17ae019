import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { isMeasured } from "../../src/metrics/metric.ts";
import { textMetrics } from "../../src/metrics/text/index.ts";
import { randomFromSeed } from "../../src/random.ts";
import { inputOf, type MadeRow, madeText } from "../metrics/text/made-input.ts";

/** What every metric of texts promises; runs over the list, so a new metric is covered by its line there. */

const random = randomFromSeed(21);
const rows: readonly MadeRow[] = Array.from({ length: 700 }, (_, i) => ({
  values: { text: madeText(random, { words: 8 + (i % 9), vocabulary: 900 }), kind: i % 3 === 0 ? "a" : "b", n: i },
  source: [madeText(random, { words: 60, vocabulary: 900 })],
  repaired: i % 31 === 0,
  judged: { "quality.clear": 1 + (i % 5) },
}));
const how = {
  source: "real",
  intended: { kind: { a: 0.4, b: 0.6 } },
  judges: [{ name: "quality.clear", scale: [1, 5] }],
  rejected: 60,
} as const;
const good = () => inputOf(rows, how);

for (const metric of textMetrics)
  describe(metric.name, () => {
    test("is measured, with its own words and a value inside interval and range, the same every time", () => {
      const score = metric.measure(good());
      assert.ok(isMeasured(score), "notComputable" in score ? score.notComputable : "");
      for (const key of ["title", "family", "definitionVersion", "better"] as const)
        assert.equal(score[key], metric[key]);
      assert.equal(score.metric, metric.name);
      const [least, most] = metric.range;
      assert.ok(least <= score.low && score.low <= score.value && score.value <= score.high && score.high <= most);
      assert.ok(score.n > 0);
      assert.equal(score.counted === true ? score.low : score.value, score.value);
      assert.deepEqual(metric.measure(good()), score);
      assert.doesNotThrow(() => JSON.stringify(score));
    });

    test("tells why there is no number for a release of no row, of one row and of rows without text", () => {
      for (const few of [[], rows.slice(0, 1), rows.slice(0, 50).map((row) => ({ ...row, values: { n: 1 } }))]) {
        const score = metric.measure(inputOf(few, { ...how, columns: ["text", "kind", "n"], rejected: 0 }));
        if (isMeasured(score)) assert.ok(Number.isFinite(score.value) && score.low <= score.high);
        else assert.ok(score.notComputable.length > 20);
      }
    });

    test("has a page in the docs that is linked", () => {
      assert.ok(existsSync(`docs/metrics/${metric.name}.md`), `docs/metrics/${metric.name}.md`);
      assert.ok(readFileSync("docs/report.md", "utf8").includes(`metrics/${metric.name}.md`));
    });
  });
