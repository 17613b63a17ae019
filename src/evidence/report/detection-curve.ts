import type { Decision } from "../../policy/decision.ts";
import { drawChart, stand } from "./chart.ts";
import { percent } from "./format.ts";
import type { Html } from "./html.ts";

export const LEAK_WORDS = {
  verbatim: "exact copies",
  noisy: "noisy copies",
  outliers: "copies of outliers",
  spread: "copies with small changes everywhere",
} as const;

const STYLES = {
  verbatim: { colour: "real", symbol: "circle", line: "solid" },
  noisy: { colour: "synthetic", symbol: "rect", line: [6, 4] },
  outliers: { colour: "third", symbol: "triangle", line: [2, 3] },
  spread: { colour: "muted", symbol: "diamond", line: [1, 3] },
} as const;

/** Share of planted leaks that were refused, against their size; null when nothing was planted. */
export async function detectionCurve(detectable: Decision["detectable"]): Promise<Html | null> {
  const curves = detectable.filter((item) => item.tried.length > 0);
  const shares = [...new Set(curves.flatMap((item) => item.tried.map((tried) => tried.share)))].sort((a, b) => a - b);
  if (shares.length === 0) return null;
  const text = { color: stand("muted"), fontSize: 12 };
  return drawChart(
    {
      grid: { left: 44, top: 14, right: 16, bottom: 46 },
      xAxis: {
        type: "category",
        data: shares.map(percent),
        name: "share of the released rows replaced by copies",
        nameLocation: "middle",
        nameGap: 30,
        nameTextStyle: text,
        axisLabel: text,
        axisLine: { lineStyle: { color: stand("muted") } },
        axisTick: { show: false },
        boundaryGap: true,
      },
      yAxis: {
        type: "value",
        min: 0,
        max: 1,
        interval: 0.2,
        axisLabel: { ...text, formatter: (value: number) => `${Math.round(value * 100)} %` },
        splitLine: { lineStyle: { color: stand("rule") } },
      },
      series: curves.map((item) => {
        const style = STYLES[item.leak];
        const colour = stand(style.colour);
        return {
          type: "line",
          clip: false,
          data: item.tried.map((tried) => [percent(tried.share), tried.refused / Math.max(1, tried.plantings)]),
          symbol: style.symbol,
          symbolSize: 9,
          lineStyle: { color: colour, width: 2, type: style.line },
          itemStyle: { color: colour },
          emphasis: { disabled: true },
          endLabel: { show: false },
        };
      }),
    },
    { width: 640, height: 260 },
  );
}
