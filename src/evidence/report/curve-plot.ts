import { drawChart, stand } from "./chart.ts";
import { compact } from "./format.ts";
import { type Html, html } from "./html.ts";

export interface PlotAxis {
  readonly name: string;
  /** "category": `x` of a point is the index of its category. Default "linear". */
  readonly scale?: "linear" | "log" | "category";
  readonly categories?: readonly string[];
  /** Default: what is drawn, a little beyond. */
  readonly min?: number;
  readonly max?: number;
  readonly format?: (value: number) => string;
}

export type PlotColour = "real" | "synthetic" | "third" | "muted" | "ink";

/** A place with, perhaps, an interval about its y. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface PlotSeries {
  /** In the key below the plot; empty: the key is silent of it. */
  readonly name: string;
  readonly colour: PlotColour;
  readonly points: readonly PlotPoint[];
}

/** A line; the intervals of its points make a band. */
export interface PlotLine extends PlotSeries {
  readonly dash?: "solid" | "dashed" | "dotted";
}

/** Dots with error bars. */
export interface PlotDots extends PlotSeries {
  readonly symbol?: "circle" | "rect" | "triangle" | "diamond";
  readonly hollow?: boolean;
}

/** A dashed line across the plot at one x or one y, with a few words at its end. */
export interface PlotMark {
  readonly words: string;
  readonly x?: number;
  readonly y?: number;
}

export interface CurvePlot {
  readonly caption: string;
  /** What somebody who cannot see the picture is told. */
  readonly label: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly lines: readonly PlotLine[];
  readonly dots?: readonly PlotDots[];
  readonly marks?: readonly PlotMark[];
  readonly height?: number;
}

const WIDTH = 640;
const DASHES = { solid: "solid", dashed: [7, 4], dotted: [2, 3] } as const;

/** Lines with bands, dots with error bars and marks on two axes, with a key below. */
export async function curvePlot(plot: CurvePlot): Promise<Html> {
  const { lines, dots = [], marks = [] } = plot;
  const drawn = await drawChart(
    {
      grid: { left: 68, top: marks.length > 0 ? 26 : 14, right: 24, bottom: 50 },
      xAxis: { ...axis(plot.x, valuesOf(plot, "x")), nameGap: 32 },
      yAxis: { ...axis(plot.y, valuesOf(plot, "y")), nameGap: 52 },
      series: [
        ...lines.filter(hasBand).map(band),
        ...lines.map(line),
        ...dots.flatMap((series) => [whiskers(series), symbols(series)]),
        ...marks.map(mark),
      ],
    },
    { width: WIDTH, height: plot.height ?? 320 },
  );
  return html`<figure class="curve"><figcaption>${plot.caption}</figcaption><div class="scroll" tabindex="0" role="region" aria-label="${plot.caption}; scrolls sideways on a narrow screen"><div role="img" aria-label="${plot.label}">${drawn}</div></div><p class="key small quiet">${[
    ...lines.filter(isNamed).map((series) => keyed(series.name, lineKey(series))),
    ...dots.filter(isNamed).map((series) => keyed(series.name, dotKey(series))),
  ]}</p></figure>`;
}

function axis(of: PlotAxis, values: readonly number[]): object {
  const format = of.format ?? compact;
  const isLog = of.scale === "log";
  const muted = { color: stand("muted"), fontSize: 12 };
  const ends = endsOf(of, values);
  const ticks = isLog ? narrowTicks(ends as { readonly min: number; readonly max: number }) : undefined;
  return {
    type: of.scale === "category" ? "category" : isLog ? "log" : "value",
    ...(of.scale === "category" ? { data: of.categories, boundaryGap: true } : ends),
    name: of.name,
    nameLocation: "middle",
    nameTextStyle: muted,
    axisLabel: {
      ...muted,
      hideOverlap: true,
      ...(isLog ? { showMinLabel: false, showMaxLabel: false } : {}),
      ...(ticks ? { customValues: ticks } : {}),
      ...(of.scale === "category" ? {} : { formatter: format }),
    },
    axisLine: { show: true, lineStyle: { color: stand("muted") } },
    axisTick: { show: false, ...(ticks ? { customValues: ticks } : {}) },
    minorSplitLine: { show: false },
    splitLine: {
      show: of.scale !== "category",
      showMinLine: !isLog,
      showMaxLine: !isLog,
      lineStyle: { color: stand("rule") },
    },
  };
}

/** Linear axes run to round numbers, which ECharts finds; logarithmic ones to what is drawn, a little beyond, where no label is owed. */
function endsOf(of: PlotAxis, values: readonly number[]): object {
  const given = { ...(of.min === undefined ? {} : { min: of.min }), ...(of.max === undefined ? {} : { max: of.max }) };
  if (of.scale !== "log") return { scale: true, ...given };
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const value of values)
    if (Number.isFinite(value) && value > 0) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  return low > high ? { min: 1, max: 10, ...given } : { min: low / 1.25, max: high * 1.25, ...given };
}

/** Round numbers within a logarithmic axis that spans under two decades, where ECharts would mark the powers of ten alone: one, or none. */
function narrowTicks({ min, max }: { readonly min: number; readonly max: number }): readonly number[] | undefined {
  if (max / min >= 100) return undefined;
  for (const steps of [
    [1, 2, 5],
    [1, 1.5, 2, 3, 5, 7],
  ]) {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(min)); power <= Math.log10(max); power++)
      for (const step of steps) {
        const tick = Number((step * 10 ** power).toPrecision(2));
        if (tick > min && tick < max) found.push(tick);
      }
    if (found.length >= 3) return found;
  }
  // Less than a doubling: even steps.
  const raw = (max - min) / 4;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * ([1, 2, 5].find((size) => size * unit >= raw) ?? 10);
  const first = Math.ceil(min / step);
  return Array.from({ length: Math.floor(max / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(6)),
  );
}

function valuesOf(plot: CurvePlot, side: "x" | "y"): readonly number[] {
  const points = [...plot.lines, ...(plot.dots ?? [])].flatMap((series) => series.points);
  const marked = (plot.marks ?? []).flatMap((item) => item[side] ?? []);
  if (side === "x") return [...points.map(({ x }) => x), ...marked];
  return [...points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]), ...marked];
}

function hasBand(line: PlotLine): boolean {
  return line.points.some(({ low, high }) => low !== undefined && high !== undefined);
}

interface Coordinates {
  coord(at: readonly [number, number]): readonly [number, number];
}

function band(series: PlotLine): object {
  const points = series.points.filter(({ low, high }) => low !== undefined && high !== undefined);
  const edge = [
    ...points.map(({ x, low }) => [x, low as number] as const),
    ...points.toReversed().map(({ x, high }) => [x, high as number] as const),
  ];
  return {
    type: "custom",
    clip: true,
    // All of the edge is data, so that the axes make room for it, but it is one shape.
    data: edge,
    renderItem: ({ dataIndex }: { readonly dataIndex: number }, api: Coordinates) =>
      dataIndex === 0
        ? {
            type: "polygon",
            shape: { points: edge.map((at) => api.coord(at)) },
            style: { fill: stand(series.colour), opacity: 0.16 },
          }
        : undefined,
  };
}

function line(series: PlotLine): object {
  const colour = stand(series.colour);
  return {
    type: "line",
    data: series.points.map(({ x, y }) => [x, y]),
    showSymbol: false,
    clip: true,
    lineStyle: { color: colour, width: 2, type: DASHES[series.dash ?? "solid"] },
    itemStyle: { color: colour },
  };
}

function symbols(series: PlotDots): object {
  const colour = stand(series.colour);
  return {
    type: "scatter",
    clip: false,
    data: series.points.map(({ x, y }) => [x, y]),
    symbol: series.symbol ?? "circle",
    symbolSize: 9,
    z: 4,
    itemStyle: {
      opacity: 1,
      ...(series.hollow ? { color: stand("surface"), borderColor: colour, borderWidth: 2 } : { color: colour }),
    },
  };
}

function whiskers(series: PlotDots): object {
  const points = series.points.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high));
  return {
    type: "custom",
    clip: true,
    data: points.map(({ x, low, high }) => [x, low, high]),
    renderItem: (_: unknown, api: Coordinates & { value(k: number): number }) => {
      const [x1, y1] = api.coord([api.value(0), api.value(1)]);
      const [x2, y2] = api.coord([api.value(0), api.value(2)]);
      return { type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: stand(series.colour), lineWidth: 2 } };
    },
    encode: { x: 0, y: [1, 2] },
  };
}

function mark({ words, x, y }: PlotMark): object {
  return {
    type: "line",
    data: [],
    markLine: {
      symbol: "none",
      silent: true,
      data: [x !== undefined ? { xAxis: x } : { yAxis: y }],
      lineStyle: { color: stand("ink"), width: 1.4, type: [3, 3] },
      label: {
        formatter: words,
        color: stand("muted"),
        fontSize: 11,
        position: x !== undefined ? "end" : "insideEndTop",
      },
    },
  };
}

function isNamed({ name }: PlotSeries): boolean {
  return name !== "";
}

function keyed(name: string, symbol: Html): Html {
  return html`<span><svg viewBox="0 0 26 14" aria-hidden="true">${symbol}</svg>${name}</span>`;
}

function lineKey({ colour, dash = "solid" }: PlotLine): Html {
  const pattern = dash === "solid" ? "none" : DASHES[dash].join(" ");
  return html`<line class="key-line s-${colour}" x1="1" x2="25" y1="7" y2="7" stroke-dasharray="${pattern}"/>`;
}

function dotKey({ colour, symbol = "circle", hollow }: PlotDots): Html {
  const look = hollow ? `key-line f-surface s-${colour}` : `f-${colour}`;
  if (symbol === "rect") return html`<rect class="${look}" x="8.5" y="2.5" width="9" height="9"/>`;
  if (symbol === "triangle") return html`<path class="${look}" d="M13 2l5.5 9.5h-11Z"/>`;
  if (symbol === "diamond") return html`<path class="${look}" d="M13 1.5l5 5.5-5 5.5-5-5.5Z"/>`;
  return html`<circle class="${look}" cx="13" cy="7" r="4.5"/>`;
}
