import type { Faker } from "@faker-js/faker";
import { fnv } from "../../math/fnv.ts";
import { type Enumeration, product } from "./enumeration.ts";
import type { Letters, PeopleStyle } from "./style.ts";

/** Formats of names, addresses, mail and web addresses, from the word lists of a locale; each as tiers that never end.
 * @param style of the column (order, case, separators, domains)
 * @param faker of the locale; its seed is set */
export function peopleTiers(
  style: PeopleStyle,
  options: { readonly faker: Faker; readonly locale: string },
): (t: number) => Enumeration {
  const { faker, locale } = options;
  faker.seed(1);
  switch (style.type) {
    case "first-name":
      return repeated(cased(firstNames(faker), style.letters), "-");
    case "last-name":
      return repeated(cased(lastNames(faker), style.letters), "-");
    case "person-name":
      return fullNames(style, {
        first: cased(firstNames(faker), style.letters),
        last: cased(lastNames(faker), style.letters),
        initials: cased(INITIALS, style.letters),
        locale,
      });
    case "city":
      return repeated(
        cased(
          distinct(2000, () => faker.location.city()),
          style.letters,
        ),
        "-",
      );
    case "address":
      return addresses(style.numberFirst, cased(streetNames(faker), style.letters));
    case "email":
      return mails(style, faker);
    case "url":
      return urls(style, faker);
  }
}

function firstNames(faker: Faker): readonly string[] {
  return words(faker.definitions.person.first_name);
}

function lastNames(faker: Faker): readonly string[] {
  return words(faker.definitions.person.last_name);
}

/** The single words of a word list, whatever the locale splits it by, each once. */
function words(definition: unknown): readonly string[] {
  const all = (Array.isArray(definition) ? definition : Object.values(definition as object).flat()) as unknown[];
  return [...new Set(all.filter((word): word is string => typeof word === "string" && /^[^\s,@-]+$/.test(word)))];
}

function cased(list: readonly string[], letters: Letters): readonly string[] {
  const written = { upper: (word: string) => word.toUpperCase(), lower: (word: string) => word.toLowerCase() };
  return [...new Set(letters === "mixed" ? list : list.map(written[letters]))];
}

function distinct(count: number, draw: () => string): readonly string[] {
  const out = new Set<string>();
  for (let i = 0; i < 3 * count && out.size < count; i++) out.add(draw());
  return [...out];
}

/** t + 1 words with a separator between them: "Anna", "Anna-Maria", … */
function repeated(list: readonly string[], separator: string): (t: number) => Enumeration {
  const single = list.filter((word) => !word.includes(separator));
  return (t) =>
    t === 0
      ? product(
          [single],
          ([word]) => word as string,
          (value) => [value],
        )
      : product(
          Array.from({ length: Math.min(t + 1, 4) }, () => single),
          (items) => items.join(separator),
          (value) => value.split(separator),
        );
}

const INITIALS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

function fullNames(
  { comma, spaced }: { readonly comma: boolean; readonly spaced: boolean },
  {
    first,
    last,
    initials,
    locale,
  }: {
    readonly first: readonly string[];
    readonly last: readonly string[];
    readonly initials: readonly string[];
    readonly locale: string;
  },
): (t: number) => Enumeration {
  const eastern = locale === "ja" || locale === "ko" || locale === "zh_CN";
  if (eastern) {
    const space = spaced ? " " : "";
    // Without a space, family names of one character keep the parts apart.
    const family = space === "" ? last.filter((name) => [...name].length === 1) : last;
    const cut = (value: string): readonly string[] =>
      space === "" ? [[...value][0] ?? "", [...value].slice(1).join("")] : value.split(" ");
    return (t) =>
      t === 0
        ? product([family, first], (items) => items.join(space), cut)
        : product(
            Array.from({ length: Math.min(t + 2, 4) }, (_, i) => (i === 0 ? family : first)),
            (items) => items.join(space || "・"),
            (value) => value.split(space || "・"),
          );
  }
  return (t) =>
    product(
      [first, ...Array.from({ length: Math.min(t, 6) }, () => initials), last],
      (items) => {
        const given = [items[0], ...items.slice(1, -1).map((initial) => `${initial}.`)].join(" ");
        return comma ? `${items.at(-1)}, ${given}` : `${given} ${items.at(-1)}`;
      },
      (value) => {
        const [family, given] = comma ? value.split(", ") : [/ (\S+)$/.exec(value)?.[1], value.replace(/ \S+$/, "")];
        if (!family || !given) return undefined;
        const [name, ...initials] = given.split(" ");
        return [name as string, ...initials.map((initial) => initial.replace(".", "")), family];
      },
    );
}

/** Streets without digits in them; where a country numbers its streets, the names of places. */
function streetNames(faker: Faker): readonly string[] {
  const streets = distinct(2000, () => faker.location.street()).filter((street) => !/\d/.test(street));
  return streets.length >= 20 ? streets : distinct(2000, () => faker.location.city());
}

function addresses(leading: boolean, streets: readonly string[]): (t: number) => Enumeration {
  return (t) => {
    // 1 … 999, then four digits, five, …
    const low = t === 0 ? 1 : 10 ** Math.min(t + 2, 6);
    const high = t === 0 ? 999 : 10 * low - 1;
    const house = Array.from({ length: high - low + 1 }, (_, i) => String(low + i));
    return product(
      [house, streets],
      ([number, street]) => (leading ? `${number} ${street}` : `${street} ${number}`),
      (value) => {
        const match = leading ? /^(\d+) (.*)$/.exec(value) : /^(.*) (\d+)$/.exec(value);
        return match
          ? leading
            ? [match[1] as string, match[2] as string]
            : [match[2] as string, match[1] as string]
          : undefined;
      },
    );
  };
}

/** first.last@domain in the separator of the source. The name alone tells two addresses apart, whatever the domain. */
function mails(
  { separator, domains }: { readonly separator: string; readonly domains: readonly string[] },
  faker: Faker,
): (t: number) => Enumeration {
  const first = slugs(firstNames(faker));
  const last = slugs(lastNames(faker));
  return (t) => {
    const digits = Array.from({ length: t }, () => [..."123456789"]);
    const names = product(
      [first, last, ...digits],
      ([given, family, ...rest]) => `${given}${separator}${family}${rest.join("")}`,
      (local) => {
        const match = new RegExp(`^([a-z]+)[${separator}]([a-z]+)(\\d{${t}})$`).exec(local.toLowerCase());
        return match ? [match[1] as string, match[2] as string, ...(match[3] as string)] : undefined;
      },
    );
    return {
      size: names.size,
      at(offset) {
        const local = names.at(offset);
        return `${local}@${domains[checksum(local) % domains.length]}`;
      },
      offsetOf: (value) => names.offsetOf(value.split("@")[0] as string),
    };
  };
}

/** Web addresses under names that nobody owns (RFC 2606), with the scheme, "www." and a path where the source has them. */
function urls(
  { scheme, www, path }: { readonly scheme: string; readonly www: boolean; readonly path: boolean },
  faker: Faker,
): (t: number) => Enumeration {
  const adjectives = slugs(words(faker.definitions.word.adjective));
  const nouns = slugs(words(faker.definitions.word.noun));
  const domains = ["example.com", "example.net", "example.org"];
  const head = scheme + (www ? "www." : "");
  return (t) => {
    const digits = Array.from({ length: t }, () => [..."123456789"]);
    return product(
      [path ? nouns : [""], domains, ...digits, nouns, adjectives],
      (items) => {
        const [page, domain, ...rest] = items;
        return `${head}${rest.at(-1)}-${rest.at(-2)}${rest.slice(0, -2).join("")}.${domain}${path ? `/${page}` : ""}`;
      },
      (value) => {
        const match = /^([a-z]+)-([a-z]+)(\d*)\.(example\.\w+)(?:\/(.*))?$/.exec(
          value.startsWith(head) ? value.slice(head.length) : "",
        );
        if (!match) return undefined;
        return [match[5] ?? "", match[4] as string, ...(match[3] as string), match[2] as string, match[1] as string];
      },
    );
  };
}

/** Lower-case ASCII, each once. */
function slugs(list: readonly string[]): readonly string[] {
  const out = new Set<string>();
  for (const word of list) {
    const slug = word
      .replace(/ä/gi, "ae")
      .replace(/ö/gi, "oe")
      .replace(/ü/gi, "ue")
      .replace(/ß/g, "ss")
      .replace(/ø/gi, "o")
      .replace(/ł/gi, "l")
      .normalize("NFD")
      .toLowerCase()
      .replace(/[^a-z]/g, "");
    if (slug.length >= 2) out.add(slug);
  }
  return [...out];
}

function checksum(text: string): number {
  const h = fnv(text);
  return (h ^ (h >>> 15)) >>> 0;
}
