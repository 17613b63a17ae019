import { type Html, trusted } from "./html.ts";

/** Draws an ECharts option to SVG on this side. ECharts writes fixed colours; the page has two themes. So options use {@link stand} in place of
 * colours, which become classes here; everything inline, random or foreign is taken out, so that the page's content policy can forbid it.
 * ECharts (about 1 MB) is loaded when first drawn with. */
export async function drawChart(
  option: object,
  size: { readonly width: number; readonly height: number },
): Promise<Html> {
  const [core, charts, components, renderers] = await Promise.all([
    import("echarts/core"),
    import("echarts/charts"),
    import("echarts/components"),
    import("echarts/renderers"),
  ]);
  core.use([
    charts.CustomChart,
    charts.HeatmapChart,
    charts.LineChart,
    charts.ScatterChart,
    components.GridComponent,
    components.MarkLineComponent,
    components.VisualMapComponent,
    renderers.SVGRenderer,
  ]);
  const chart = core.init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    chart.setOption({ animation: false, silent: true, backgroundColor: "transparent", ...option });
    return trusted(themed(chart.renderToSVGString()));
  } finally {
    chart.dispose();
  }
}

/** A colour that stands for a class of the style sheet. */
export function stand(name: Stand): string {
  return `#0a0b${STANDS.indexOf(name).toString(16).padStart(2, "0")}`;
}

type Stand = (typeof STANDS)[number];

const STANDS = [
  "ink",
  "muted",
  "rule",
  "real",
  "synthetic",
  "third",
  "surface",
  "none",
  "q0",
  "q1",
  "q2",
  "q3",
  "q4",
  "q5",
  "q6",
  "q7",
  "q8",
  "q9",
  "d0",
  "d1",
  "d2",
  "d3",
  "d4",
  "d5",
  "d6",
  "d7",
  "d8",
  "d9",
  "d10",
] as const;

function themed(svg: string): string {
  const cleaned = svg
    .replace(/<style\b[\s\S]*?<\/style>/g, "")
    .replace(/<defs\b[\s\S]*?<\/defs>/g, "")
    .replace(/ (?:ecmeta_\w+|class|style|clip-path|pointer-events|xmlns(?::xlink)?|version|baseProfile)="[^"]*"/g, "")
    .replace(/<rect [^>]*fill="none"[^>]*><\/rect>/g, "")
    .replace(/<(path|text|g|rect|circle|polyline|polygon|line)\b([^>]*)>/g, (_, tag: string, attributes: string) => {
      const classes: string[] = [];
      const kept = attributes.replace(/ (fill|stroke)="#0a0b([0-9a-f]{2})"/g, (__, kind: string, hex: string) => {
        classes.push(`${kind === "fill" ? "f" : "s"}-${STANDS[Number.parseInt(hex, 16)]}`);
        return "";
      });
      return `<${tag}${classes.length > 0 ? ` class="${classes.join(" ")}"` : ""}${kept}>`;
    })
    .replace(/ (width|height)="[^"]*"(?=[^>]* viewBox)/g, "")
    .replace(/^<svg/, '<svg aria-hidden="true" focusable="false"')
    .replace(/\n+/g, "");
  return together(cleaned);
}

/** Thousands of cells of a few colours as one path per colour: the page stays small and light. */
function together(svg: string): string {
  const paths = new Map<string, string[]>();
  const cell = /<path class="(f-[qd]\d+)" d="([^"]*)"><\/path>/g;
  const rest = svg.replace(/<path class="(f-[qd]\d+)"([^>]*)><\/path>/g, '<path class="$1"$2></path>');
  const without = rest.replace(cell, (_, name: string, d: string) => {
    const found = paths.get(name);
    if (found) found.push(d);
    else paths.set(name, [d]);
    return "";
  });
  const joined = [...paths]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, parts]) => `<path class="${name}" d="${parts.join("")}"/>`);
  return without.replace(/<\/svg>$/, `${joined.join("")}</svg>`);
}
