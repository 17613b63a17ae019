import { curvePlot, type PlotDots, type PlotLine, type PlotPoint } from "../../src/evidence/report/curve-plot.ts";
import { percent } from "../../src/evidence/report/format.ts";
import { markupOf } from "../../src/evidence/report/html.ts";
import type { Ranged } from "../../src/hybrid/planner/answers.ts";
import { plotFile } from "./plot-file.ts";
import { type MeasuredPlan, shareLine } from "./table-measures.ts";

const LOOKS: readonly (readonly [
  PlotLine["colour"],
  NonNullable<PlotLine["dash"]>,
  NonNullable<PlotDots["symbol"]>,
])[] = [
  ["real", "dashed", "rect"],
  ["synthetic", "solid", "circle"],
  ["third", "solid", "triangle"],
  ["muted", "solid", "diamond"],
  ["ink", "dotted", "circle"],
];

const NAMES: Readonly<Record<string, string>> = { adult: "Adult", support2: "SUPPORT2" };

/** One total of rows by the share that is synthetic, a line for each maker of rows, beside the real rows of it alone; means with their intervals. */
export async function shareFile(table: string, plans: readonly MeasuredPlan[]): Promise<string> {
  const makers = plans.map((plan) => ({ name: plan.name.replace(`${table}-`, ""), line: shareLine(plan, "test") }));
  const line = makers[0]?.line ?? [];
  const total = line[0]?.real ?? 0;
  const series = [
    { name: "the real rows of them alone", values: line.map(({ alone }) => alone) },
    ...makers.map((maker) => ({
      name: `with ${maker.name.replaceAll("-", " ")}`,
      values: maker.line.map(({ mixed }) => mixed),
    })),
  ].map(({ name, values }, i) => ({
    name,
    look: LOOKS[i % LOOKS.length] as (typeof LOOKS)[number],
    points: values.flatMap((value, x) => (value ? [pointOf(x, value)] : [])),
  }));
  const caption = `${NAMES[table] ?? table}: AUC of ${total.toLocaleString("en")} rows by the share that is synthetic`;
  const plot = await curvePlot({
    caption,
    label: caption,
    x: {
      name: "share of synthetic rows",
      scale: "category",
      categories: line.map(({ share }) => percent(share)),
    },
    y: { name: "AUC" },
    lines: series.map(({ name, look: [colour, dash], points }) => ({
      ...{ name, colour, dash },
      points: points.map(({ x, y }) => ({ x, y })),
    })),
    dots: series.map(({ look: [colour, , symbol], points }) => ({ name: "", colour, symbol, points })),
    height: 380,
  });
  return plotFile(markupOf(plot));
}

function pointOf(x: number, { value, low, high }: Ranged): PlotPoint {
  return { x, y: value, low, high };
}
