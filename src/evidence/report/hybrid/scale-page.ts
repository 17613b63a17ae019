import { lossOf, type PilotMetric } from "../../../hybrid/planner/pilot.ts";
import { FARTHEST, type FittedAnalysis, type ScalingAnalysis } from "../../../hybrid/scaling/analysis.ts";
import type { ProfileInterval } from "../../../hybrid/scaling/profile.ts";
import { curvePlot } from "../curve-plot.ts";
import { compact, count, interval, number, percent } from "../format.ts";
import { type Html, html, named } from "../html.ts";
import { pageOf } from "../page.ts";
import { dataFold, table } from "../table.ts";
import { verdictBlock } from "../verdict.ts";

/** What the page of a scaling law shows. */
export interface ScalePage {
  readonly version: string;
  readonly decision: "fitted" | "refused";
  readonly reasons: readonly string[];
  readonly source: { readonly name: string; readonly rows: number; readonly sha256: string };
  readonly metric: PilotMetric;
  readonly columns: { readonly wide: boolean };
  readonly level: number;
  readonly samples: number;
  readonly seed: number;
  readonly laws: readonly (ScalingAnalysis & { readonly sentences: readonly string[] })[];
  readonly left: readonly { readonly group: string; readonly why: string }[];
  readonly notices: readonly string[];
}

type PageLaw = ScalePage["laws"][number];

/** One HTML file that loads nothing; the same input gives the same bytes. */
export async function renderScalePage(page: ScalePage): Promise<string> {
  const several = page.laws.length > 1;
  const laws: Html[] = [];
  for (const law of page.laws) laws.push(await lawPart(law, page));
  return pageOf({
    title: page.source.name,
    verdict: wordsOf(page),
    kind: "scaling law",
    version: page.version,
    navigation: [
      ["decision", "Answer"],
      ...(several ? ([["laws", "All laws"]] as const) : []),
      ["law", several ? "One by one" : "Law"],
      ["how", "Measured"],
    ],
    sections: [
      answerPart(page),
      ...(several ? [overviewPart(page)] : []),
      html`<section id="law" aria-labelledby="law-title"><h2 id="law-title">${several ? "One by one" : "The law"}</h2>${laws}</section>`,
      howPart(page),
    ],
    footer: "",
  });
}

function wordsOf(page: ScalePage): string {
  if (page.decision === "fitted") return page.laws.length === 1 ? "Law found" : count(page.laws.length, "law");
  return page.laws.every(({ fitted }) => fitted === null) ? "No law" : "Too far out";
}

function answerPart(page: ScalePage): Html {
  const [first, ...others] = page.reasons;
  const sizes = page.laws[0]?.rungs.length ?? 0;
  return html`<section id="decision" aria-labelledby="decision-title"><h2 id="decision-title">What would more data buy?</h2>
${verdictBlock({ look: page.decision === "fitted" ? "pass" : "refuse", words: wordsOf(page), answer: first ?? "", summary: others[0] })}
${others.length > 1 && html`<ul>${others.slice(1).map((reason) => html`<li>${reason}</li>`)}</ul>`}
${page.notices.length > 0 && html`<h3>To know</h3><ul>${page.notices.map((notice) => html`<li>${notice}</li>`)}</ul>`}
${page.left.length > 0 && html`<h3>Left out</h3><ul>${page.left.map(({ group, why }) => html`<li>${named(group)}: ${why}</li>`)}</ul>`}
<p class="quiet">${page.laws.length > 1 ? `${count(page.laws.length, "learner")}` : `${count(sizes, "size")}`}, intervals at ${percent(page.level)}.</p></section>`;
}

function overviewPart(page: ScalePage): Html {
  const rows = page.laws.map(({ group, fitted }) =>
    fitted
      ? [
          named(group ?? ""),
          interval(fitted.doubling),
          interval(fitted.limit),
          number(fitted.law.exponent),
          percent(fitted.rmsdLog),
          percent(fitted.power.rmsdLog),
          percent(Math.abs(Math.expm1(fitted.heldOut.rectified.logError))),
          percent(Math.abs(Math.expm1(fitted.heldOut.power.logError))),
        ]
      : [named(group ?? ""), "no law", "", "", "", "", "", ""],
  );
  const limit = page.metric.better === "lower" ? "Floor" : "Ceiling";
  return html`<section id="laws" aria-labelledby="laws-title"><h2 id="laws-title">All laws</h2>
${table("Laws, in the order of the file", ["Learner", "Doubling buys", limit, "Exponent", "Misses", "Power law", "Held out, off", "Power law"], rows)}
<p class="small quiet">“Misses” is the root mean squared distance of the points to the law, as a share of the loss; “held out” is the error of the largest size, foretold from the others.</p></section>`;
}

async function lawPart(law: PageLaw, page: ScalePage): Promise<Html> {
  const { fitted, group } = law;
  if (fitted === null)
    return html`<h3>${named(group ?? "")}</h3>${law.sentences.map((words) => html`<p>${words}</p>`)}`;
  const body = html`${await pictureOf(law, { fitted, page })}
${parametersOf(fitted, page)}
${answersOf(law, { fitted, page })}
${dataFold("What was measured", measuredOf(law, page))}`;
  if (page.laws.length === 1) return body;
  return html`<details><summary>${named(group ?? "")}</summary><ul>${law.sentences.map((words) => html`<li>${words}</li>`)}</ul>${body}</details>`;
}

interface Of {
  readonly fitted: FittedAnalysis;
  readonly page: ScalePage;
}

async function pictureOf(law: PageLaw, { fitted, page }: Of): Promise<Html> {
  const { metric, level } = page;
  const loss = (value: number): number => lossOf(metric, value);
  const ends = ({ low, high }: { readonly low: number; readonly high: number }) => {
    const [a, b] = [loss(low), loss(high)];
    return { low: Math.max(1e-300, Math.min(a, b)), high: Math.max(a, b) };
  };
  const largest = law.rungs.at(-1)?.size as number;
  const smallest = law.rungs[0]?.size as number;
  const { heldOut, curve } = fitted;
  const knee = fitted.knee.value;
  const name = metric.better === "lower" ? metric.name : `${compact(metric.perfect)} − ${metric.name}`;
  const measured = law.rungs.map(({ size, mean, interval: about }) => {
    const ofMean = about && ends(about);
    return { x: size, y: loss(mean), ...(ofMean && ofMean.low > 1e-9 ? ofMean : {}) };
  });
  return curvePlot({
    caption: `${name} by size of the training data`,
    label: `Log-log plot. ${law.sentences.slice(0, 3).join(" ")}`,
    x: { name: "size", scale: "log", format: sizeWords },
    y: { name, scale: "log" },
    lines: [
      {
        name: `rectified law, ${percent(level)} band`,
        colour: "synthetic",
        points: curve.map((point) => ({ x: point.size, y: loss(point.value), ...ends(point) })),
      },
      {
        name: "plain power law",
        colour: "muted",
        dash: "dashed",
        points: curve.map(({ size, power }) => ({ x: size, y: loss(power) })),
      },
    ],
    dots: [
      { name: "measured (mean of the seeds)", colour: "real", points: measured },
      {
        name: "largest size as foretold from the others",
        colour: "third",
        symbol: "diamond",
        hollow: true,
        points: [{ x: heldOut.size, y: loss(heldOut.rectified.value), ...ends(heldOut.rectified) }],
      },
    ],
    marks: [
      // Where there is room for its word beside the others.
      ...(!fitted.parameters.learnt.profile?.lowOpen && knee > smallest && knee < largest / 20
        ? [{ words: "knee", x: knee }]
        : []),
      { words: "largest measured", x: largest },
      { words: `${FARTHEST} ×`, x: FARTHEST * largest },
    ],
    height: 380,
  });
}

function parametersOf(fitted: FittedAnalysis, page: ScalePage): Html {
  const { parameters } = fitted;
  const profile = (of: ProfileInterval | null): string =>
    of === null ? "–" : `${number(of.low)} to ${number(of.high)}${of.lowOpen || of.highOpen ? " (open)" : ""}`;
  const row = (words: string, name: keyof typeof parameters): readonly string[] => {
    const { value, bootstrap, profile: own } = parameters[name];
    return [words, number(value), profile(own), `${number(bootstrap.low)} to ${number(bootstrap.high)}`];
  };
  const loss = page.metric.better === "lower" ? "loss" : `${compact(page.metric.perfect)} − ${page.metric.name}`;
  return html`<h3>Parameters</h3><p>${loss} = B / (D<sub>l</sub> + size<sup>β</sup>) + E</p>
${table(
  `Parameters, with both ${percent(page.level)} intervals`,
  ["Parameter", "Value", "By profile", "By bootstrap"],
  [
    row("E, the floor", "floor"),
    row("β, the exponent", "exponent"),
    row("Dₗ, learnt before", "learnt"),
    row("B, the amplitude", "amplitude"),
    ["knee, as a size", number(fitted.knee.value), `${number(fitted.knee.low)} to ${number(fitted.knee.high)}`, "–"],
  ],
)}<p class="small quiet">“Open”: the interval runs into the end of what is looked at, so that the points do not tell that end.</p>`;
}

function answersOf(law: PageLaw, { fitted, page }: Of): Html {
  const { doubling, heldOut, power } = fitted;
  const error = (value: number): string => percent(Math.abs(Math.expm1(value)));
  return html`<h3>Answers</h3>${table(
    "Answers",
    ["What", "Value"],
    [
      ...(fitted.target
        ? [
            [
              `Size for ${page.metric.name} ${compact(fitted.target.target)}`,
              fitted.target.size === null
                ? fitted.target.verdict
                : `${number(fitted.target.size)} (${number(fitted.target.low ?? 0)} to ${fitted.target.high === null ? "beyond" : number(fitted.target.high)})`,
            ],
          ]
        : []),
      ...fitted.predictions.map(({ size, answer }) => [
        `${page.metric.name} at size ${number(size)}`,
        answer ? interval(answer) : `refused: beyond ${FARTHEST} times the largest size`,
      ]),
      [`Gain from size ${number(doubling.from)} to ${number(doubling.to)}`, interval(doubling)],
      [page.metric.better === "lower" ? "Floor" : "Ceiling", interval(fitted.limit)],
      [
        `Largest size (${number(heldOut.size)}), foretold from the others`,
        `${interval(heldOut.rectified)}; measured ${number(heldOut.measured)}`,
      ],
      [
        "Error there, rectified and power law",
        `${error(heldOut.rectified.logError)}, ${error(heldOut.power.logError)}`,
      ],
      ["Points miss the law by, rectified and power law", `${percent(fitted.rmsdLog)}, ${percent(power.rmsdLog)}`],
      [
        "AICc, rectified and power law (lower is better)",
        `${fitted.aicc === null ? "–" : number(fitted.aicc)}, ${power.aicc === null ? "–" : number(power.aicc)}`,
      ],
      [
        "Sizes and measurements",
        `${law.rungs.length}, ${law.rungs.reduce((sum, { values }) => sum + values.length, 0)}`,
      ],
    ],
  )}`;
}

function measuredOf(law: PageLaw, page: ScalePage): Html {
  return table(
    "What was measured, by size",
    ["Size", page.metric.name, "Interval of the mean", "Seeds"],
    law.rungs.map(({ size, mean, values, interval: about }) => [
      number(size),
      number(mean),
      about ? `${number(about.low)} to ${number(about.high)}` : "–",
      String(values.length),
    ]),
  );
}

function howPart(page: ScalePage): Html {
  const fitted = page.laws.flatMap((law) => law.fitted ?? []);
  const drawn = {
    seeds: "seeds within each size",
    residuals: "residuals with random signs",
    both: "seeds within each size, residuals where there is one",
  } as const;
  const facts: readonly (readonly [string, Html | string])[] = [
    ["Table", html`${named(page.source.name)}, SHA-256 <code>${page.source.sha256}</code>`],
    ["Metric", `${page.metric.name}, ${page.metric.better} is better, perfect is ${compact(page.metric.perfect)}`],
    ["Intervals", percent(page.level)],
    [
      "Laws of the bootstrap",
      `${number(page.samples)}, drawn from ${[...new Set(fitted.map(({ resampling }) => drawn[resampling]))].join("; ") || "–"}`,
    ],
    ["Seed", String(page.seed)],
  ];
  return html`<section id="how" aria-labelledby="how-title"><h2 id="how-title">How it was measured</h2>
<p>The rectified law (Lin et al. 2024) is fitted by variable projection on a grid of β and D<sub>l</sub>, then all four parameters together in log space with Huber’s loss. All answers carry profile intervals: a value is held, the rest of the law is fitted anew, and values stay in that the points do not speak against; in simulations from a known law they hold the truth about as often as they say. Those of the bootstrap stand beside them for comparison.</p>
<p>The intervals take the law for true. Whether it is can be seen from the largest size, which was left out once and foretold from the others; nothing is said beyond ${FARTHEST} times the largest size.</p>
<h3>What would change the answer</h3><ul><li>A larger size: floor and exponent are told by the last few sizes.</li><li>More seeds for each size: three or more tell chance from a law that does not fit.</li><li>Another learner, other data or other training settings: a law speaks of the ones that were measured.</li></ul>
${table("How it was measured", ["What", "Value"], facts, { numeric: [], hideCaption: true })}</section>`;
}

/** 1.6M, 25.6k */
function sizeWords(value: number): string {
  for (const [unit, suffix] of [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const)
    if (value >= unit) return `${Number((value / unit).toPrecision(3))}${suffix}`;
  return compact(value);
}
