import type { PlanAnswers, Ranged } from "../../../hybrid/planner/answers.ts";
import { capital, figure, given, rowCount } from "../../../hybrid/planner/number-words.ts";
import {
  curvePlot,
  type PlotColour,
  type PlotDots,
  type PlotLine,
  type PlotMark,
  type PlotPoint,
} from "../curve-plot.ts";
import { percent } from "../format.ts";
import type { Html } from "../html.ts";

/** The metric over the synthetic share at one total of rows; the shifted test set beside it. */
export function sharePlot(answers: PlanAnswers): Promise<Html> {
  const { shareCurve, metric, shifted } = answers;
  const sets = [
    { of: answers, name: "", colour: "real" },
    ...(shifted ? [{ of: shifted, name: ", shifted test set", colour: "third" } as const] : []),
  ] as const;
  const lines = sets.map(
    ({ of, name, colour }): PlotLine => ({
      name: `fitted${name}`,
      colour,
      dash: name === "" ? "solid" : "dashed",
      points: of.shareCurve.points.flatMap(({ fitted }, x) => (fitted ? [point(x, fitted)] : [])),
    }),
  );
  const dots = sets.map(
    ({ of, name, colour }): PlotDots => ({
      name: `measured${name}`,
      colour: name === "" ? "synthetic" : colour,
      symbol: name === "" ? "circle" : "diamond",
      points: of.shareCurve.points.flatMap(({ measured }, x) => (measured ? [point(x, measured.value)] : [])),
    }),
  );
  return curvePlot({
    caption: `${capital(metric.name)} of ${rowCount(shareCurve.total)} rows by the share of them that is synthetic`,
    label: shareCurve.points
      .map(
        ({ share, fitted, measured }) =>
          `${percent(share)}: ${figure((fitted ?? measured?.value)?.value ?? Number.NaN)}`,
      )
      .join("; "),
    x: {
      name: "share of synthetic rows",
      scale: "category",
      categories: shareCurve.points.map(({ share }) => percent(share)),
    },
    y: { name: metric.name },
    lines: lines.filter(({ points }) => points.length > 0),
    dots: dots.filter(({ points }) => points.length > 0),
    marks: targetMark(answers),
  });
}

const LOOKS: readonly (readonly [PlotColour, NonNullable<PlotLine["dash"]>, NonNullable<PlotDots["symbol"]>])[] = [
  ["real", "solid", "circle"],
  ["synthetic", "solid", "rect"],
  ["third", "dashed", "triangle"],
  ["muted", "dashed", "diamond"],
  ["ink", "dotted", "circle"],
];

/** The metric over real rows, one line for each number of synthetic rows for a real one. */
export function rowsPlot(answers: PlanAnswers): Promise<Html> {
  const { lines, metric, measured } = answers;
  const series = lines.map(({ multiple, points }, i) => {
    const [colour, dash, symbol] = LOOKS[i % LOOKS.length] as (typeof LOOKS)[number];
    const name = multiple === 0 ? "real rows alone" : `${rowCount(multiple)} synthetic for each`;
    const near = measured.filter(({ real, synthetic }) =>
      multiple === 0 ? synthetic === 0 && real > 0 : real > 0 && Math.abs(Math.log(synthetic / real / multiple)) < 0.1,
    );
    return {
      line: {
        name,
        colour,
        dash,
        // Bands of five lines would hide each other.
        points: points.map(({ real, value }) => (i === 0 ? point(real, value) : { x: real, y: value.value })),
      } satisfies PlotLine,
      dots: {
        name: "",
        colour,
        symbol,
        points: near.map(({ real, value }) => ({ x: real, y: value.value })),
      } satisfies PlotDots,
    };
  });
  return curvePlot({
    caption: `${capital(metric.name)} by real rows: lines are fitted, marks are means of what was measured`,
    label: `${metric.name} by real rows, one line for each number of synthetic rows for a real one`,
    x: { name: "real rows", scale: "log", format: rowCount },
    y: { name: metric.name },
    lines: series.map(({ line }) => line),
    dots: series.map(({ dots }) => dots).filter(({ points }) => points.length > 0),
    marks: [...targetMark(answers), ...handMark(answers)],
    height: 360,
  });
}

/** The best value for every cost, beside that of real rows alone, with the cheapest mix for the target. */
export function frontierPlot(answers: PlanAnswers): Promise<Html> {
  const { frontier, lines, metric, cheapest, question, synthetic } = answers;
  const alone = (lines[0]?.points ?? [])
    .filter(({ real }) => real <= question.realAvailable)
    .map(({ real, value }) => ({ x: real * question.cost.real, y: value.value }));
  const costs = frontier.map(({ cost }) => cost);
  return curvePlot({
    caption: `Best ${metric.name} by cost`,
    label: `${metric.name} that is to be had for each cost${cheapest ? `; the cheapest mix for the target costs ${figure(cheapest.cost)}` : ""}`,
    x: { name: "cost of the rows", scale: Math.min(...costs) > 0 ? "log" : "linear", format: figure },
    y: { name: metric.name },
    lines: [
      {
        name: synthetic === "helps" ? "best mix" : "real rows alone",
        colour: "synthetic",
        points: frontier.map(({ cost, value }) => point(cost, value)),
      },
      ...(synthetic === "helps" && question.cost.real > 0
        ? [{ name: "real rows alone", colour: "real", dash: "dashed", points: alone } as const]
        : []),
    ],
    dots: cheapest
      ? [
          {
            name: `cheapest for the target: ${rowCount(cheapest.real)} real${cheapest.synthetic > 0 ? ` and ${rowCount(cheapest.synthetic)} synthetic` : ""} rows`,
            colour: "ink",
            symbol: "diamond",
            points: [point(cheapest.cost, cheapest.value)],
          },
        ]
      : [],
    marks: targetMark(answers),
  });
}

/** Rows at hand, where the picture goes so far. */
function handMark({ question, lines }: PlanAnswers): PlotMark[] {
  const end = lines[0]?.points.at(-1)?.real ?? 0;
  return question.realAvailable <= end
    ? [{ words: `${rowCount(question.realAvailable)} at hand`, x: question.realAvailable }]
    : [];
}

function targetMark({ question }: PlanAnswers): PlotMark[] {
  return question.target === null ? [] : [{ words: `target ${given(question.target)}`, y: question.target }];
}

function point(x: number, { value, low, high }: Ranged): PlotPoint {
  return Number.isFinite(low) && Number.isFinite(high) ? { x, y: value, low, high } : { x, y: value };
}
