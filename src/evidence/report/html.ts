const MARKUP = Symbol("markup");

/** Text that is safe to put in the page as it is. Only {@link html} and {@link trusted} make it; no JSON can look like it. */
export interface Html {
  readonly [MARKUP]: string;
}

export type Part = Html | string | number | undefined | false | null | readonly Part[];

/** A piece of the page. Everything put in is escaped, unless it is a piece itself; null, undefined and false leave nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let out = strings[0] as string;
  for (let i = 0; i < parts.length; i++) out += textOf(parts[i]) + strings[i + 1];
  return { [MARKUP]: out };
}

/** Markup of our own making (a rendered plot, the style sheet). Never for a text that came from data. */
export function trusted(markup: string): Html {
  return { [MARKUP]: markup };
}

/** The markup as text. */
export function markupOf(piece: Html): string {
  return piece[MARKUP];
}

/** A name that came from data (column, label, file): set apart in direction, so that it cannot turn the text around it. */
export function named(name: string): Html {
  return html`<bdi class="name">${name}</bdi>`;
}

/** The text for an attribute or an element. Control characters, which no page may hold, become U+FFFD. */
export function escapeText(text: string): string {
  return text.replace(CONTROL, "\uFFFD").replace(/[&<>"']/g, (character) => ESCAPES[character] as string);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const CONTROL = /[^\P{Cc}\t\n]/gu;

function textOf(part: Part): string {
  if (part === undefined || part === null || part === false) return "";
  if (typeof part === "string") return escapeText(part);
  if (typeof part === "number") return String(part);
  if (MARKUP in part) return part[MARKUP];
  return part.map(textOf).join("");
}
