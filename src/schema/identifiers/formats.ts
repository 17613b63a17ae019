import type { IdentifierType } from "../schema.ts";
import { checked, type Enumeration, type FreshValues, freshValues, mapped, product } from "./enumeration.ts";
import { nationalIdLocale } from "./recognise.ts";
import { enumerationOf, learnTemplates, type Template, templateTiers } from "./template.ts";

/** One of the formats of a column, and the share of its values. */
export interface Format {
  readonly share: number;
  /** The template, where there is one. */
  readonly slots?: readonly string[];
  readonly values: FreshValues;
}

/** The formats of codes and numbers: learned from the values, with their check digits.
 * @param labels distinct values to learn from
 * @param real every real value, never to be made; default: `labels` */
export function formatsOf(
  type: IdentifierType,
  labels: readonly string[],
  real: readonly string[] = labels,
): readonly Format[] {
  const sample = labels.length > 0 ? labels : ["A00000"];
  if (type === "iban") return ibans(sample, real);
  if (type === "card-number") return cards(sample, real);
  const special =
    type === "national-id" ? nationalIds(sample, real) : type === "ip" ? addresses(sample, real) : undefined;
  if (special) return special;
  const templates = learnTemplates(sample);
  return templates.map(({ slots, share }) => ({
    share,
    slots,
    values: freshValues(templateTiers(slots, templates.length > 1), real),
  }));
}

/** IPv4 under the first octets that 5 values or more share, or any public one; when these are used up, documentation addresses of IPv6. */
function addresses(labels: readonly string[], real: readonly string[]): readonly Format[] | undefined {
  if (labels.filter((label) => label.split(".").length === 4).length < 0.9 * labels.length) return undefined;
  const counts = new Map<string, number>();
  for (const label of labels) {
    const lead = label.split(".")[0] as string;
    counts.set(lead, (counts.get(lead) ?? 0) + 1);
  }
  const octets = Array.from({ length: 256 }, (_, i) => String(i));
  const shared = octets.filter(
    (octet) => 20 * (counts.get(octet) ?? 0) >= labels.length && (counts.get(octet) ?? 0) >= 5,
  );
  const open = octets.slice(1, 224).filter((octet) => octet !== "10" && octet !== "127" && !shared.includes(octet));
  const leads = shared.length > 0 ? [shared, open] : [open];
  const hex = "0123456789abcdef";
  const six = [..."2001:db8:", hex, hex, hex, hex, ":", hex, hex, hex, hex, "::", hex, hex, hex, hex].flatMap((slot) =>
    slot === "::" ? [":", ":"] : [slot],
  );
  const tier = (t: number): Enumeration => {
    const lead = leads[t];
    return lead
      ? product(
          [octets, octets, octets, lead],
          (items) => items.toReversed().join("."),
          (value) => value.split(".").reverse(),
        )
      : enumerationOf(six);
  };
  return [{ share: 1, values: freshValues(tier, real) }];
}

function ibans(labels: readonly string[], real: readonly string[]): readonly Format[] {
  const spaced = labels.filter((label) => label.includes(" ")).length >= labels.length / 2;
  const compact = labels.map((label) => label.replace(/\s/g, "").toUpperCase());
  const bare = compact.filter((label) => label.length > 8).map((label) => label.slice(0, 2) + label.slice(4));
  const forward = (value: string): string => {
    const full = value.slice(0, 2) + ibanCheck(value.slice(0, 2), value.slice(2)) + value.slice(2);
    return spaced ? full.replace(/(.{4})(?=.)/g, "$1 ") : full;
  };
  const backward = (value: string): string => {
    const full = value.replace(/\s/g, "").toUpperCase();
    return full.slice(0, 2) + full.slice(4);
  };
  return byPrefix(bare.length > 0 ? bare : ["DE000000000000000000"], 2).map(({ slots, share }) => {
    const tiers = templateTiers(slots, false);
    return { share, values: freshValues((t) => mapped(tiers(t), forward, backward), real) };
  });
}

/** Templates of each prefix of some characters, which stays. */
function byPrefix(labels: readonly string[], length: number): readonly Template[] {
  const groups = new Map<string, string[]>();
  for (const label of labels) {
    const prefix = label.slice(0, length);
    const group = groups.get(prefix);
    if (group) group.push(label.slice(length));
    else groups.set(prefix, [label.slice(length)]);
  }
  return [...groups].flatMap(([prefix, rest]) =>
    learnTemplates(rest).map(({ slots, share }) => ({
      slots: [...prefix, ...slots],
      share: (share * rest.length) / labels.length,
    })),
  );
}

/** The two check digits. @source ISO 13616-1:2020, §6; ISO/IEC 7064, MOD 97-10 */
function ibanCheck(country: string, account: string): string {
  let remainder = 0;
  for (const character of `${account}${country}00`) {
    const value = character >= "A" ? character.charCodeAt(0) - 55 : Number(character);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return String(98 - remainder).padStart(2, "0");
}

function cards(labels: readonly string[], real: readonly string[]): readonly Format[] {
  const forward = (value: string): string => value + luhnDigit(value);
  return byPrefix(
    labels.map((label) => label.slice(0, -1)),
    1,
  ).map(({ slots, share }) => {
    const tiers = templateTiers(slots, false);
    return { share, values: freshValues((t) => mapped(tiers(t), forward, (value) => value.slice(0, -1)), real) };
  });
}

/** The digit that makes a number pass. @source ISO/IEC 7812-1:2017, annex B (Luhn) */
function luhnDigit(value: string): string {
  let sum = 0;
  let double = true;
  for (let i = value.length - 1; i >= 0; i--) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) continue;
    sum += double ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit;
    double = !double;
  }
  return String((10 - (sum % 10)) % 10);
}

/** National numbers with a check digit, or the US format without the ranges that are never given out. */
function nationalIds(labels: readonly string[], real: readonly string[]): readonly Format[] | undefined {
  const digits = "0123456789";
  const nonzero = digits.slice(1);
  const american = labels.filter((label) => /^\d{3}-?\d{2}-?\d{4}$/.test(label)).length >= 0.9 * labels.length;
  if (american) {
    const hyphen = (labels[0] as string).includes("-") ? ["-"] : [];
    const slots = ["1234578", digits, digits, ...hyphen, digits, nonzero, ...hyphen, digits, digits, digits, nonzero];
    return [{ share: 1, values: freshValues(templateTiers(slots, false), real) }];
  }
  const passes = (value: string): boolean => nationalIdLocale(value) !== undefined;
  if (labels.filter(passes).length < 0.9 * labels.length) return undefined;
  const templates = learnTemplates(labels);
  return templates.map(({ slots, share }) => {
    const tiers = templateTiers(slots, true);
    return { share, values: freshValues((t) => (t === 0 ? checked(tiers(t), passes) : tiers(t)), real) };
  });
}
