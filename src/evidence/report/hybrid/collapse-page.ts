import { ARM_WORDS, type Arm } from "../../../hybrid/collapse/arms.ts";
import type {
  CollapseResult,
  GenerationPoint,
  LinearCollapse,
  TableCollapse,
} from "../../../hybrid/collapse/result.ts";
import { curvePlot, type PlotColour, type PlotLine } from "../curve-plot.ts";
import { compact, count, interval, number, percent } from "../format.ts";
import { type Html, html, named } from "../html.ts";
import { pageOf } from "../page.ts";
import { dataFold, table } from "../table.ts";
import { verdictBlock } from "../verdict.ts";

const COLOURS: Readonly<Record<Arm, PlotColour>> = { accumulate: "real", replace: "synthetic", anchored: "third" };
const NAMES: Readonly<Record<Arm, string>> = {
  accumulate: `Accumulate: ${ARM_WORDS.accumulate}`,
  replace: `Replace: ${ARM_WORDS.replace}`,
  anchored: `Anchored: ${ARM_WORDS.anchored}`,
};

/** One HTML file that loads nothing; the same input gives the same bytes. */
export function renderCollapsePage(page: CollapseResult): Promise<string> {
  return page.study === "linear" ? renderLinear(page) : renderTable(page);
}

async function renderLinear(page: LinearCollapse): Promise<string> {
  const lines = page.arms.flatMap(({ arm, points }): PlotLine[] => [
    { name: NAMES[arm], colour: COLOURS[arm], points: points.map(placeOf) },
    {
      name: `Theory, ${arm}`,
      colour: COLOURS[arm],
      dash: "dashed",
      points: points.map(({ generation, theory }) => ({ x: generation, y: theory })),
    },
  ]);
  const last = (arm: Arm): GenerationPoint =>
    page.arms.find((one) => one.arm === arm)?.points.at(-1) as GenerationPoint;
  const plot = await curvePlot({
    caption: "Squared error of each generation, in units of one fit to real rows",
    label: `Error by generation: ${page.arms.map(({ arm }) => `${arm} ends at ${compact(last(arm).value)}`).join(", ")}.`,
    x: { name: "Generation", min: 1, max: page.generations },
    y: { name: "Error / error of one fit", min: 0 },
    lines,
  });
  const answer = html`<section id="decision" aria-labelledby="decision-title"><h2 id="decision-title">What happens when models learn from models?</h2>
${verdictBlock({
  look: "waived",
  words: "Accumulate, do not replace",
  answer: `After ${page.generations} generations the error is ${number(last("replace").value)} times that of one fit where each generation replaces the last, and ${number(last("accumulate").value)} times where rows accumulate.`,
  summary: `Replacing adds one unit of error per generation, without end. With all rows kept, the error stays under π²/6 ≈ 1.64 units for ever; with the real rows and the last generation alone it settles near 1⅓.`,
})}
${plot}
${dataFold(
  "The numbers",
  table(
    `Error by generation, mean and ${percent(page.level)} interval over ${number(page.trials)} trials`,
    ["Generation", ...page.arms.flatMap(({ arm }) => [arm, "theory"])],
    Array.from({ length: page.generations }, (_, g) => [
      String(g + 1),
      ...page.arms.flatMap(({ points }) => {
        const point = points[g] as (typeof points)[number];
        return [interval(point), number(point.theory)];
      }),
    ]),
  ),
)}</section>`;
  const how = html`<section id="how" aria-labelledby="how-title"><h2 id="how-title">How it was simulated</h2>
<p>Linear regression with ${page.dimensions} columns and ${page.rows} rows a generation: y = x·w + e, x standard normal, e of variance 1. The first model is fitted by least squares to real rows. Every further generation draws fresh rows x, takes the last model's word for y with new noise, and fits again. The error is the squared distance of w from the truth, over σ²d/(T − d − 1), that of one fit. Dashed: theory, exact for <em>replace</em> and <em>accumulate</em>, and for many rows per column for <em>anchored</em>.</p>
${table(
  "Design",
  ["What", "Value"],
  [
    ["Columns", number(page.dimensions)],
    ["Rows of a generation", number(page.rows)],
    ["Generations", number(page.generations)],
    ["Trials", number(page.trials)],
    ["Bands", `${percent(page.level)} intervals of the mean over trials`],
    ["Seed", String(page.seed)],
  ],
  { numeric: [], hideCaption: true },
)}
<h3>What would change the answer</h3><p>A model that shrinks or forgets tails loses more than noise: run <code>counterfoil collapse</code> on your own table. Real rows that keep coming in hold any arm near its first error.</p></section>`;
  return pageOf({
    title: "Model collapse in the linear model",
    verdict: "Accumulate",
    kind: "collapse simulation",
    version: page.version,
    navigation: [
      ["decision", "Answer"],
      ["how", "Simulated"],
    ],
    sections: [answer, how],
    footer: "",
  });
}

async function renderTable(page: TableCollapse): Promise<string> {
  const stopped = page.decision === "stop";
  const [first, ...others] = page.reasons;
  const answer = html`<section id="decision" aria-labelledby="decision-title"><h2 id="decision-title">Does it collapse?</h2>
${verdictBlock({
  look: stopped ? "refuse" : "pass",
  words: stopped ? "Stop" : "No collapse seen",
  answer: stopped
    ? `${page.synthesizer.name} loses more than ${percent(page.mostFall)} in one generation that learns from ${ARM_WORDS[page.decides]}.`
    : `With ${ARM_WORDS[page.decides]}, ${count(page.generations, "generation")} of ${page.synthesizer.name} lose nothing beyond the rule.`,
  summary: first,
})}
${others.length > 0 && html`<ul>${others.map((reason) => html`<li>${reason}</li>`)}</ul>`}
<p class="quiet">${count(page.learnt, "real row")} to learn from, ${count(page.frozen, "real row")} frozen before and only measured against; ${count(page.seeds, "sequence")} of generations in each arm.</p></section>`;
  const parts: Html[] = [];
  for (const monitor of page.monitors) parts.push(await monitorPart(page, monitor));
  const curves = html`<section id="curves" aria-labelledby="curves-title"><h2 id="curves-title">What was watched</h2>
<p>Means over the sequences, with ${percent(page.level)} intervals for a redraw of the same generation. Generation 0 is the real rows that were learnt from. A ring marks a fall that stops.</p>
${parts}
${page.notWatched.length > 0 && html`<h3>Not watched</h3><ul>${page.notWatched.map(({ name, why }) => html`<li>${name}: ${why}</li>`)}</ul>`}</section>`;
  return pageOf({
    title: `Generations of ${page.table.name}`,
    verdict: stopped ? "Stop" : "No collapse",
    kind: "collapse report",
    version: page.version,
    navigation: [
      ["decision", "Answer"],
      ["curves", "Curves"],
      ["how", "Measured"],
    ],
    sections: [answer, curves, howPart(page)],
    footer: "",
  });
}

async function monitorPart(page: TableCollapse, monitor: TableCollapse["monitors"][number]): Promise<Html> {
  const curveOf = (arm: TableCollapse["arms"][number]): readonly GenerationPoint[] =>
    arm.curves.find((curve) => curve.monitor === monitor.name)?.points ?? [];
  const lowest = Math.min(...page.arms.flatMap((arm) => curveOf(arm).map(({ low }) => low)));
  const plot = await curvePlot({
    caption: `${monitor.title} by generation`,
    label: `${monitor.title} by generation: ${page.arms.map((arm) => `${arm.arm} ends at ${compact(curveOf(arm).at(-1)?.value ?? Number.NaN)}`).join(", ")}.`,
    x: { name: "Generation", min: 0, max: page.generations },
    y: { name: monitor.title, min: lowest > LEAST_LOSS ? LEAST_LOSS : 0 },
    lines: page.arms.map((arm) => ({
      name: NAMES[arm.arm],
      colour: COLOURS[arm.arm],
      points: curveOf(arm).map(placeOf),
    })),
    dots: page.arms.flatMap((arm) => {
      const stops = arm.stops.filter((stop) => stop.monitor === monitor.name).map(({ generation }) => generation);
      const points = curveOf(arm)
        .filter(({ generation }) => stops.includes(generation))
        .map(({ generation, value }) => ({ x: generation, y: value }));
      return points.length > 0
        ? [{ name: `Stop, ${arm.arm}`, colour: COLOURS[arm.arm], symbol: "circle" as const, hollow: true, points }]
        : [];
    }),
    height: 280,
  });
  return html`<h3>${monitor.title}</h3><p>${monitor.explains}</p>${plot}${dataFold(
    "The numbers",
    table(
      `${monitor.title} by generation`,
      ["Generation", ...page.arms.map(({ arm }) => arm)],
      Array.from({ length: page.generations + 1 }, (_, g) => [
        String(g),
        ...page.arms.map((arm) => {
          const point = curveOf(arm).find(({ generation }) => generation === g);
          return point ? interval(point) : "–";
        }),
      ]),
    ),
  )}`;
}

/** Where no curve falls below it, the axis begins here: a fall that stops is then a fifth of its height. */
const LEAST_LOSS = 0.5;

function howPart(page: TableCollapse): Html {
  const facts: readonly (readonly [string, Html | string])[] = [
    [
      "Table",
      html`${named(page.table.name)}, ${count(page.table.rows, "row")}, SHA-256 <code>${page.table.sha256}</code>`,
    ],
    [
      "Its generation",
      page.table.generation === 0 ? "0: taken for real" : `${page.table.generation}: synthetic itself`,
    ],
    ["Synthesizer", html`${page.synthesizer.name} <code>${JSON.stringify(page.synthesizer.options)}</code>`],
    ["Generations", number(page.generations)],
    ["Sequences in each arm", number(page.seeds)],
    ["A fall that stops", `more than ${percent(page.mostFall)} in one generation, and beyond chance`],
    [
      "False alarms of an arm",
      `at most ${percent(page.falseAlarms)}, were every generation a redraw of one population`,
    ],
    ["Seed", String(page.seed)],
  ];
  return html`<section id="how" aria-labelledby="how-title"><h2 id="how-title">How it was measured</h2>
<p>A part of the real rows was frozen; the others are generation 0. Each generation is learnt by the same synthesizer and has as many rows: from <em>${ARM_WORDS.accumulate}</em> (accumulate, the default of every refit here), from <em>${ARM_WORDS.replace}</em> (replace), or from <em>${ARM_WORDS.anchored}</em> (anchored). A rule stops where a monitor falls by more than ${percent(page.mostFall)} from one generation to the next and the fall is beyond chance: one-sided, Student's t over the standard errors of both generations (delete-a-group jackknife; of rare categories a Gamma-Poisson redraw), with the false alarms divided among all monitors and generations.</p>
${table("How it was measured", ["What", "Value"], facts, { numeric: [], hideCaption: true })}
<h3>What would change the answer</h3><p>A slow loss stays under a rule of one generation: look at the curves, not at the verdict alone. More rows make smaller falls visible; another synthesizer forgets other things. What these monitors do not watch (relations between columns) can be lost unseen: judge the last generation with <code>counterfoil evaluate</code>.</p></section>`;
}

function placeOf({ generation, value, low, high }: GenerationPoint): PlotLine["points"][number] {
  return { x: generation, y: value, low, high };
}
