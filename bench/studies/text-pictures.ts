import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "../../src/data/read.ts";
import { cellOf, columnOf } from "../../src/data/table.ts";
import { curvePlot, type PlotDots, type PlotLine, type PlotPoint } from "../../src/evidence/report/curve-plot.ts";
import { percent } from "../../src/evidence/report/format.ts";
import { escapeText, markupOf } from "../../src/evidence/report/html.ts";
import { meanOf } from "./lessons.ts";
import { SHARES } from "./model-pilot.ts";

/** Where a study's pilot stands and what its picture says. */
interface Picture {
  readonly pilot: string;
  readonly to: string;
  readonly task: string;
  readonly rows: string;
}

const PICTURES: readonly Picture[] = [
  {
    pilot: "text-banking77-model-shares.csv",
    to: "text-banking77-model.svg",
    task: "banking77",
    rows: "rows that a language model wrote",
  },
  ...(["banking77", "fairytaleqa"] as const).map((task) => ({
    pilot: `text-${task}-back-off-pilot.csv`,
    to: `text-${task}-back-off.svg`,
    task,
    rows: "rows of back-off n-grams",
  })),
];

/** Draws the accuracy over the share of synthetic rows for each pilot that is there, into the folder that holds the pilots. */
export async function drawPictures(folder: string): Promise<void> {
  for (const picture of PICTURES) {
    const pilot = join(folder, picture.pilot);
    if (existsSync(pilot)) writeFileSync(join(folder, picture.to), await sharePicture(picture, await cellsOf(pilot)));
  }
}

interface Cell {
  readonly real: number;
  readonly synthetic: number;
  readonly arm: string;
  readonly value: number;
}

async function cellsOf(pilot: string): Promise<readonly Cell[]> {
  const { table } = await readTable(pilot);
  const cells = (name: string): readonly (string | number | null)[] => {
    const column = columnOf(table, name);
    return Array.from({ length: table.rows }, (_, row) => cellOf(column, row));
  };
  const [synthetic, arm, value] = [cells("synthetic"), cells("arm"), cells("value")];
  return cells("real").map((real, row) => ({
    ...{ real: Number(real), synthetic: Number(synthetic[row]) },
    ...{ arm: String(arm[row]), value: Number(value[row] ?? Number.NaN) },
  }));
}

interface Curve {
  readonly name: string;
  readonly colour: PlotLine["colour"];
  readonly symbol: NonNullable<PlotDots["symbol"]>;
  readonly points: readonly PlotPoint[];
}

/** The share curve and, below or above it, the same real rows without the synthetic ones. */
async function sharePicture(of: Picture, cells: readonly Cell[]): Promise<string> {
  const total = commonTotal(cells);
  const line = SHARES.map((share) => Math.round((1 - share) * total));
  const point = (x: number, matches: (cell: Cell) => boolean): readonly PlotPoint[] => {
    const values = cells.filter((cell) => cell.arm === "mix" && matches(cell)).map(({ value }) => value);
    if (values.length === 0) return [];
    const { value, low, high } = meanOf(values);
    return [Number.isNaN(low) ? { x, y: value } : { x, y: value, low, high }];
  };
  const curves: readonly Curve[] = [
    {
      name: `${total} rows, synthetic ones among them`,
      colour: "synthetic",
      symbol: "circle",
      points: line.flatMap((real, x) => point(x, (cell) => cell.real === real && cell.synthetic === total - real)),
    },
    {
      name: "the real ones of them alone",
      colour: "real",
      symbol: "rect",
      points: line.flatMap((real, x) =>
        real === 0 ? [] : point(x, (cell) => cell.real === real && cell.synthetic === 0),
      ),
    },
  ];
  const caption = `${of.task}: accuracy of ${total} rows by the share of ${of.rows}`;
  const plot = await curvePlot({
    caption,
    label: caption,
    x: { name: "share of synthetic rows", scale: "category", categories: SHARES.map((share) => percent(share)) },
    y: { name: "accuracy" },
    lines: curves.map(({ name, colour, points }) => ({ name, colour, points: points.map(({ x, y }) => ({ x, y })) })),
    dots: curves.map(({ colour, symbol, points }) => ({ name: "", colour, symbol, points })),
  });
  return standalone(markupOf(plot), { caption, curves });
}

/** The total of rows that all shares were measured at: that of the cells without real rows. */
function commonTotal(cells: readonly Cell[]): number {
  return cells.find(({ real }) => real === 0)?.synthetic ?? Math.max(...cells.map(({ real }) => real));
}

/** The drawing out of its figure, with colours for its classes and a key of its own. */
function standalone(figure: string, of: { readonly caption: string; readonly curves: readonly Curve[] }): string {
  const { caption, curves } = of;
  const [, width = "640", height = "320"] = /viewBox="0 0 (\d+) (\d+)"/.exec(figure) ?? [];
  const drawing = /<svg[^>]*>([\s\S]*?)<\/svg>/.exec(figure)?.[1];
  if (drawing === undefined) throw new Error("no drawing");
  const key = curves.map(({ name, colour, symbol }, i) => {
    const y = Number(height) + 14 + 20 * i;
    return `<g class="f-${colour}">${SYMBOLS[symbol](60, y - 4)}</g><text class="f-ink" x="76" y="${y}">${escapeText(name)}</text>`;
  });
  const tall = Number(height) + 8 + 20 * curves.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${tall}" viewBox="0 0 ${width} ${tall}" role="img" font-family="system-ui, sans-serif" font-size="13"><title>${escapeText(caption)}</title><style>${STYLE}</style>${drawing}${key.join("")}</svg>\n`;
}

const SYMBOLS: Readonly<Record<Curve["symbol"], (x: number, y: number) => string>> = {
  circle: (x, y) => `<circle cx="${x}" cy="${y}" r="4"/>`,
  rect: (x, y) => `<rect x="${x - 4}" y="${y - 4}" width="8" height="8"/>`,
  triangle: (x, y) => `<path d="M${x - 5} ${y + 4}h10l-5 -9z"/>`,
  diamond: (x, y) => `<path d="M${x} ${y - 5}l5 5l-5 5l-5 -5z"/>`,
};

/** The colours of the reports' two themes. */
const THEMES = {
  light: {
    ink: "#1b1f24",
    muted: "#575f6a",
    rule: "#dde1e6",
    real: "#0a5fa5",
    synthetic: "#c04a00",
    third: "#00795b",
    surface: "#ffffff",
  },
  dark: {
    ink: "#e7eaee",
    muted: "#a0a9b5",
    rule: "#313740",
    real: "#6db3ef",
    synthetic: "#ff9a4d",
    third: "#45c79d",
    surface: "#14171b",
  },
} as const;

const STYLE = [
  coloured(THEMES.light),
  ".f-none{fill:none}.s-none{stroke:none}",
  `@media (prefers-color-scheme: dark){${coloured(THEMES.dark)}}`,
].join("");

function coloured(theme: Readonly<Record<string, string>>): string {
  return Object.entries(theme)
    .map(([name, colour]) => `.f-${name}{fill:${colour}}.s-${name}{stroke:${colour}}`)
    .join("");
}
