/** A plot of a page as a file of its own, with the colours of both themes, its caption above and its key below. */
export function plotFile(figure: string): string {
  const drawing = /<svg[^>]*viewBox="0 0 (\d+) (\d+)">(.*?)<\/svg>/s.exec(figure);
  const [, title = ""] = /<figcaption>(.*?)<\/figcaption>/s.exec(figure) ?? [];
  if (!drawing) throw new Error("no drawing");
  const [, width = "", height = "", inside] = drawing;
  const keys = [...figure.matchAll(/<span><svg[^>]*>(.*?)<\/svg>(.*?)<\/span>/gs)].map(
    ([, mark, name], i) =>
      `<g transform="translate(${72 + (i % 2) * 272} ${Number(height) + TITLE + 6 + 20 * Math.floor(i / 2)})">${mark}<text class="f-ink" x="34" y="12">${name}</text></g>`,
  );
  const tall = Number(height) + TITLE + 14 + 20 * Math.ceil(keys.length / 2);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${tall}" viewBox="0 0 ${width} ${tall}" role="img" font-family="system-ui, sans-serif" font-size="13"><title>${title}</title><style>${STYLE}</style><rect class="f-surface" width="${width}" height="${tall}"/><text class="f-ink" x="72" y="20" font-weight="600">${title}</text><g transform="translate(0 ${TITLE})" font-size="12">${inside}</g>${keys.join("")}</svg>\n`;
}

const TITLE = 24;

/** The colours of the reports' two themes. */
const THEMES = {
  light: {
    ...{ ink: "#1b1f24", muted: "#575f6a", rule: "#dde1e6", surface: "#ffffff" },
    ...{ real: "#0a5fa5", synthetic: "#c04a00", third: "#00795b" },
  },
  dark: {
    ...{ ink: "#e7eaee", muted: "#a0a9b5", rule: "#313740", surface: "#14171b" },
    ...{ real: "#6db3ef", synthetic: "#ff9a4d", third: "#45c79d" },
  },
} as const;

const STYLE = [
  coloured(THEMES.light),
  ".f-none{fill:none}.s-none{stroke:none}.key-line{stroke-width:2}",
  `@media (prefers-color-scheme: dark){${coloured(THEMES.dark)}}`,
].join("");

function coloured(theme: Readonly<Record<string, string>>): string {
  return Object.entries(theme)
    .map(([name, colour]) => `.f-${name}{fill:${colour}}.s-${name}{stroke:${colour}}`)
    .join("");
}
