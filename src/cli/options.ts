import { InvalidArgumentError } from "commander";

// Parsers of option values. commander prints their message with the option's name and exits with code 2.

/** A whole number within bounds; accepts 1e6 and 1_000_000. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll("_", ""));
    if (text.trim() === "" || !Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(
        `Got "${text}"; want a whole number from ${min} to ${max.toLocaleString("en-US")}.`,
      );
    return value;
  };
}

/** A number strictly between two bounds. */
export function between(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value > min && value < max))
      throw new InvalidArgumentError(`Got "${text}"; want a number between ${min} and ${max}.`);
    return value;
  };
}

/** A share from 0 up to, and without, a bound. */
export function shareBelow(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= 0 && value < max))
      throw new InvalidArgumentError(`Got "${text}"; want a number from 0 to below ${max}.`);
    return value;
  };
}

/** A number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError(`Got "${text}"; want a number above 0.`);
  return value;
}

/** One more option of a synthesizer: name=value, the value as JSON or, where it is none, as text. */
export function optionOf(text: string, before: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError(`Got "${text}"; want a name and a value, as minLeaf=20.`);
  return { ...before, [name.trim()]: jsonOrText(value) };
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Shares of a column's labels: sex=F:.5,M:.5, or as JSON {"sex": {"F": 0.5, "M": 0.5}} where labels have commas or colons of their own. */
export function sharesOf(text: string): {
  readonly column: string;
  readonly labels: Readonly<Record<string, number>>;
} {
  const wrong = new InvalidArgumentError(
    `Got "${text}"; want a column, its labels and their shares, as sex=F:.5,M:.5 (or as JSON: {"sex": {"F": 0.5, "M": 0.5}}).`,
  );
  const named = text.trim().startsWith("{") ? sharesInJson(text) : sharesInWords(text);
  if (!named || named.labels.some(([label, share]) => label === "" || !Number.isFinite(share))) throw wrong;
  const twice = named.labels.find(([label], i) => named.labels.findIndex(([other]) => other === label) < i);
  if (twice) throw new InvalidArgumentError(`Got "${text}"; "${twice[0]}" is named twice.`);
  return { column: named.column, labels: Object.fromEntries(named.labels) };
}

type NamedShares = { readonly column: string; readonly labels: readonly (readonly [string, number])[] } | undefined;

function sharesInJson(text: string): NamedShares {
  try {
    const [entry, ...more] = Object.entries(JSON.parse(text) as Record<string, Record<string, unknown>>);
    if (!entry || more.length > 0) return undefined;
    return { column: entry[0], labels: Object.entries(entry[1]).map(([label, share]) => [label, Number(share)]) };
  } catch {
    return undefined;
  }
}

function sharesInWords(text: string): NamedShares {
  const [, column, rest] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (column === undefined || rest === undefined) return undefined;
  const labels = rest.split(",").map((part) => {
    const at = part.lastIndexOf(":");
    return [part.slice(0, Math.max(0, at)).trim(), at < 0 ? Number.NaN : Number(part.slice(at + 1))] as const;
  });
  return { column: column.trim(), labels };
}

/** The flags for parent tables in the job's words. */
export function parentOptions(options: {
  readonly parent?: readonly string[];
  readonly realParent?: readonly string[];
}): { readonly parents?: readonly string[]; readonly realParents?: readonly string[] } {
  return {
    ...(options.parent ? { parents: options.parent } : {}),
    ...(options.realParent ? { realParents: options.realParent } : {}),
  };
}

/** Most rows that one run writes. */
export const MAX_ROWS = 10_000_000_000;
/** Largest seed: every whole number a float64 holds exactly. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER;
