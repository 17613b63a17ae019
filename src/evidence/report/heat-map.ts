import { drawChart, stand } from "./chart.ts";
import { shortened } from "./format.ts";
import type { Html } from "./html.ts";

type Matrix = readonly (readonly (number | null)[])[];

/** A square of associations 0 … 1 in ten steps, without names. */
export function associationMap(matrix: Matrix): Promise<Html> {
  return draw(matrix, null, (value) => Math.min(9, Math.floor(value * 10)), "q", 10);
}

/** A square of differences, −.25 and below … .25 and above in eleven steps, with names on both sides. */
export function differenceMap(matrix: Matrix, names: readonly string[]): Promise<Html> {
  return draw(matrix, names, differenceStep, "d", 11);
}

/** 0 … 10; 5 is "within .025". */
export function differenceStep(value: number): number {
  return Math.max(0, Math.min(10, Math.round(value / 0.05) + 5));
}

function draw(
  matrix: Matrix,
  names: readonly string[] | null,
  stepOf: (value: number) => number,
  family: "q" | "d",
  steps: number,
): Promise<Html> {
  const k = matrix.length;
  const labels = Array.from({ length: k }, (_, i) => (names ? safe(shortened(names[i] as string, 14)) : String(i)));
  const margin = names ? 96 : 2;
  const side = names ? 720 : 300;
  const axis = {
    type: "category",
    data: labels,
    axisLine: { show: false },
    axisTick: { show: false },
    splitArea: { show: false },
  };
  const label = {
    show: names !== null,
    interval: 0,
    color: stand("muted"),
    fontSize: k > 45 ? 9.5 : 11,
    margin: 6,
  };
  return drawChart(
    {
      grid: { left: margin, top: names ? 4 : 2, right: names ? 4 : 2, bottom: margin },
      xAxis: { ...axis, axisLabel: { ...label, rotate: 90 } },
      yAxis: { ...axis, inverse: true, axisLabel: label },
      visualMap: {
        type: "piecewise",
        show: false,
        dimension: 2,
        pieces: Array.from({ length: steps }, (_, i) => ({ value: i, color: stand(`${family}${i}` as "q0") })),
      },
      series: [
        {
          type: "heatmap",
          data: matrix.flatMap((row, y) => row.flatMap((value, x) => (value === null ? [] : [[x, y, stepOf(value)]]))),
          emphasis: { disabled: true },
        },
      ],
    },
    { width: side, height: side },
  );
}

/** ECharts keeps the widths of labels as properties of a plain object: a column named "__proto__" would write into the prototype of all objects.
 * Such names end in a space without width. */
function safe(label: string): string {
  return label in Object.prototype ? `${label}\u200b` : label;
}
