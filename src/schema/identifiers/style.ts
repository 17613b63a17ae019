import type { IdentifierType } from "../schema.ts";

/** How a column writes names, addresses, mail and web addresses: what was learned from its values, without one of them. Plain data. */
export type PeopleStyle =
  | { readonly type: "first-name" | "last-name" | "city"; readonly letters: Letters }
  | {
      readonly type: "person-name";
      readonly letters: Letters;
      /** "Family, given" instead of "given family". */
      readonly comma: boolean;
      /** A blank between family and given name, where a language can do without. */
      readonly spaced: boolean;
    }
  | { readonly type: "address"; readonly letters: Letters; readonly numberFirst: boolean }
  | {
      readonly type: "email";
      readonly separator: "." | "_" | "-";
      /** 100 of them, each as often as its share. */
      readonly domains: readonly string[];
    }
  | { readonly type: "url"; readonly scheme: string; readonly www: boolean; readonly path: boolean };

/** All capitals, all small, or as the word lists have it. */
export type Letters = "upper" | "lower" | "mixed";

/** Learns the style of a column of names and addresses.
 * @param values some of them
 * @returns undefined: another type of identifier */
export function styleOf(type: IdentifierType, values: readonly string[]): PeopleStyle | undefined {
  const letters = lettersOf(values);
  switch (type) {
    case "first-name":
    case "last-name":
    case "city":
      return { type, letters };
    case "person-name":
      return { type, letters, comma: mostHave(values, /,/), spaced: mostHave(values, /\s/) };
    case "address":
      return {
        type,
        letters,
        numberFirst: values.filter((value) => /^\d/.test(value)).length >= values.length / 2,
      };
    case "email":
      return { type, separator: separatorOf(values), domains: mailDomains(values) };
    case "url":
      return {
        type,
        scheme: mostHave(values, /^https:/) ? "https://" : mostHave(values, /^http:/) ? "http://" : "",
        www: mostHave(values, /^(https?:\/\/)?www\./),
        path: mostHave(values, /^(https?:\/\/)?[^/]+\/[^/]/),
      };
    default:
      return undefined;
  }
}

function lettersOf(values: readonly string[]): Letters {
  if (values.every((value) => value === value.toUpperCase() && value !== value.toLowerCase())) return "upper";
  if (values.every((value) => value === value.toLowerCase() && value !== value.toUpperCase())) return "lower";
  return "mixed";
}

function separatorOf(values: readonly string[]): "." | "_" | "-" {
  const locals = values.map((value) => value.split("@")[0] as string);
  return mostHave(locals, /\./) ? "." : mostHave(locals, /_/) ? "_" : mostHave(locals, /-/) ? "-" : ".";
}

/** Domains that at least 5 values share, as often as they occur; the others become example.com, .net or .org, which nobody owns. */
function mailDomains(values: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const value of values) {
    const domain = (value.split("@").at(-1) as string).toLowerCase();
    counts.set(domain, (counts.get(domain) ?? 0) + 1);
  }
  const out: string[] = [];
  for (const [domain, count] of [...counts].sort((a, b) => b[1] - a[1]))
    if (count >= 5)
      for (let i = 0; i < Math.round((100 * count) / values.length) && out.length < 100; i++) out.push(domain);
  const reserved = ["example.com", "example.net", "example.org"];
  for (let i = 0; out.length < 100; i++) out.push(reserved[i % 3] as string);
  return out;
}

function mostHave(values: readonly string[], pattern: RegExp): boolean {
  return values.filter((value) => pattern.test(value)).length >= values.length / 2 && values.length > 0;
}
