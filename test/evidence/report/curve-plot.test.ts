import assert from "node:assert/strict";
import { test } from "node:test";
import { type CurvePlot, curvePlot } from "../../../src/evidence/report/curve-plot.ts";
import { markupOf } from "../../../src/evidence/report/html.ts";

const plot: CurvePlot = {
  caption: "Loss by rows",
  label: "Loss falls",
  x: { name: "rows", scale: "log" },
  y: { name: "loss", scale: "log" },
  lines: [
    {
      name: "law",
      colour: "real",
      points: [100, 1_000, 10_000].map((x) => ({ x, y: 10 / x ** 0.3, low: 9 / x ** 0.3, high: 11 / x ** 0.3 })),
    },
    {
      name: "power law",
      colour: "muted",
      dash: "dashed",
      points: [100, 10_000].map((x) => ({ x, y: 9 / x ** 0.25 })),
    },
  ],
  dots: [
    {
      name: "measured",
      colour: "synthetic",
      points: [100, 400, 1_600].map((x) => ({ x, y: 10 / x ** 0.3, low: 8 / x ** 0.3, high: 12 / x ** 0.3 })),
    },
    {
      name: "held out",
      colour: "third",
      symbol: "diamond",
      hollow: true,
      points: [{ x: 6_400, y: 10 / 6_400 ** 0.3 }],
    },
  ],
  marks: [{ words: "largest size", x: 6_400 }],
};

test("A curve plot draws bands, lines, dots and whiskers in the page's own colours, twice the same bytes, and nothing that its content policy forbids", async () => {
  const svg = markupOf(await curvePlot(plot));
  assert.equal(svg, markupOf(await curvePlot(plot)));
  for (const name of ["s-real", "s-muted", "f-synthetic", "s-third", "f-real", "s-synthetic"])
    assert.ok(svg.includes(name), name);
  assert.doesNotMatch(svg, /style=|#0a0b|<style|url\(|NaN/);
  assert.match(svg, /largest size/);
  assert.equal(svg.match(/<\/span>/g)?.length, 4, "a key for every series");
});

test("Names that came from data cannot become markup", async () => {
  const svg = markupOf(
    await curvePlot({ ...plot, caption: "<b>", marks: [{ words: "<script>alert(1)</script>", y: 1 }] }),
  );
  assert.doesNotMatch(svg, /<script|<b>/);
});

test("The key is silent of a series without a name", async () => {
  const [dots, ...others] = plot.dots ?? [];
  const svg = markupOf(
    await curvePlot({ ...plot, dots: [...others, { ...(dots as NonNullable<typeof dots>), name: "" }] }),
  );
  assert.equal(svg.match(/<\/span>/g)?.length, 3);
});
