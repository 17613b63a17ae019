import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "../../src/data/read.ts";
import { cellOf, columnOf } from "../../src/data/table.ts";
import { curvePlot, type PlotDots, type PlotLine, type PlotPoint } from "../../src/evidence/report/curve-plot.ts";
import { percent } from "../../src/evidence/report/format.ts";
import { markupOf } from "../../src/evidence/report/html.ts";
import { meanOf } from "./lessons.ts";
import { SHARES } from "./model-pilot.ts";
import { plotFile } from "./plot-file.ts";

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
    rows: "a language model's rows",
  },
  ...(["banking77", "fairytaleqa"] as const).map((task) => ({
    pilot: `text-${task}-back-off-pilot.csv`,
    to: `text-${task}-back-off.svg`,
    task,
    rows: "n-gram rows",
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
      name: "real and synthetic rows",
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
  const caption = `${of.task}, ${total} rows: accuracy by the share of ${of.rows}`;
  const plot = await curvePlot({
    caption,
    label: caption,
    x: { name: "share of synthetic rows", scale: "category", categories: SHARES.map((share) => percent(share)) },
    y: { name: "accuracy" },
    lines: curves.map(({ name, colour, points }) => ({ name, colour, points: points.map(({ x, y }) => ({ x, y })) })),
    dots: curves.map(({ colour, symbol, points }) => ({ name: "", colour, symbol, points })),
  });
  return plotFile(markupOf(plot));
}

/** The total of rows that all shares were measured at: that of the cells without real rows. */
function commonTotal(cells: readonly Cell[]): number {
  return cells.find(({ real }) => real === 0)?.synthetic ?? Math.max(...cells.map(({ real }) => real));
}
