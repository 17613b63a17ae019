import type { IdentifierType } from "../schema.ts";
import { checked, type Enumeration, type FreshValues, freshValues, mapped, product } from "./enumeration.ts";
import { nationalIdLocale } from "./recognise.ts";
import { enumerationOf, learnTemplates, type Template, templateTiers } from "./template.ts";

/** One of the formats of a column of codes or numbers: what was learned from its values, without one of them. Plain data. */
export type CodeFormat = TemplateFormat | AddressFormat;

export interface TemplateFormat {
  readonly kind: "template" | "iban" | "card-number" | "national-id";
  /** Share of the values in this format. */
  readonly share: number;
  /** Characters that may stand at each position, without the check digits of "iban" and "card-number". */
  readonly slots: readonly string[];
  /** Longer codes could be those of another format: a number after a hyphen tells them apart. */
  readonly suffixed: boolean;
  /** Blanks after each four characters of an IBAN. */
  readonly spaced?: boolean;
}

/** IPv4. */
export interface AddressFormat {
  readonly kind: "ip";
  readonly share: number;
  /** First octets, tier by tier. */
  readonly leads: readonly (readonly string[])[];
}

/** The formats of codes and numbers: learned from the values, with their check digits.
 * @param labels distinct values to learn from */
export function learnFormats(type: IdentifierType, labels: readonly string[]): readonly CodeFormat[] {
  const sample = labels.length > 0 ? labels : ["A00000"];
  if (type === "iban") return ibans(sample);
  if (type === "card-number")
    return byPrefix(
      sample.map((label) => label.slice(0, -1)),
      1,
    ).map((template) => ({ kind: "card-number", suffixed: false, ...template }));
  const special = type === "national-id" ? nationalIds(sample) : type === "ip" ? addresses(sample) : undefined;
  if (special) return special;
  const templates = learnTemplates(sample);
  return templates.map((template) => ({ kind: "template", suffixed: templates.length > 1, ...template }));
}

/** The values of a format that no real row holds.
 * @param real every real value, never to be made */
export function valuesOf(format: CodeFormat, real: readonly string[]): FreshValues {
  if (format.kind === "ip") return freshValues((t) => addressTier(format.leads, t), real);
  const tiers = templateTiers(format.slots, format.suffixed);
  switch (format.kind) {
    case "template":
      return freshValues(tiers, real);
    case "iban":
      return freshValues((t) => mapped(tiers(t), (value) => iban(value, format.spaced === true), bareIban), real);
    case "card-number":
      return freshValues(
        (t) =>
          mapped(
            tiers(t),
            (value) => value + luhnDigit(value),
            (value) => value.slice(0, -1),
          ),
        real,
      );
    case "national-id":
      return freshValues((t) => (t === 0 ? checked(tiers(t), isNationalId) : tiers(t)), real);
  }
}

/** IPv4 under the first octets that 5 values or more share, or any public one. */
function addresses(labels: readonly string[]): readonly CodeFormat[] | undefined {
  if (labels.filter((label) => label.split(".").length === 4).length < 0.9 * labels.length) return undefined;
  const counts = new Map<string, number>();
  for (const label of labels) {
    const lead = label.split(".")[0] as string;
    counts.set(lead, (counts.get(lead) ?? 0) + 1);
  }
  const shared = OCTETS.filter(
    (octet) => 20 * (counts.get(octet) ?? 0) >= labels.length && (counts.get(octet) ?? 0) >= 5,
  );
  const open = OCTETS.slice(1, 224).filter((octet) => octet !== "10" && octet !== "127" && !shared.includes(octet));
  return [{ kind: "ip", share: 1, leads: shared.length > 0 ? [shared, open] : [open] }];
}

const OCTETS = Array.from({ length: 256 }, (_, i) => String(i));
const HEX = "0123456789abcdef";
const DOCUMENTATION = [..."2001:db8:", ...[HEX, HEX, HEX, HEX, ":", HEX, HEX, HEX, HEX, ":", ":", HEX, HEX, HEX, HEX]];

/** When the first octets are used up, documentation addresses of IPv6. */
function addressTier(leads: AddressFormat["leads"], t: number): Enumeration {
  const lead = leads[t];
  return lead
    ? product(
        [OCTETS, OCTETS, OCTETS, lead],
        (items) => items.toReversed().join("."),
        (value) => value.split(".").reverse(),
      )
    : enumerationOf(DOCUMENTATION);
}

function ibans(labels: readonly string[]): readonly CodeFormat[] {
  const spaced = labels.filter((label) => label.includes(" ")).length >= labels.length / 2;
  const compact = labels.map((label) => label.replace(/\s/g, "").toUpperCase());
  const bare = compact.filter((label) => label.length > 8).map((label) => label.slice(0, 2) + label.slice(4));
  return byPrefix(bare.length > 0 ? bare : ["DE000000000000000000"], 2).map((template) => ({
    kind: "iban",
    suffixed: false,
    spaced,
    ...template,
  }));
}

function iban(bare: string, spaced: boolean): string {
  const full = bare.slice(0, 2) + ibanCheck(bare.slice(0, 2), bare.slice(2)) + bare.slice(2);
  return spaced ? full.replace(/(.{4})(?=.)/g, "$1 ") : full;
}

function bareIban(value: string): string {
  const full = value.replace(/\s/g, "").toUpperCase();
  return full.slice(0, 2) + full.slice(4);
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
function nationalIds(labels: readonly string[]): readonly CodeFormat[] | undefined {
  const digits = "0123456789";
  const nonzero = digits.slice(1);
  const american = labels.filter((label) => /^\d{3}-?\d{2}-?\d{4}$/.test(label)).length >= 0.9 * labels.length;
  if (american) {
    const hyphen = (labels[0] as string).includes("-") ? ["-"] : [];
    const slots = ["1234578", digits, digits, ...hyphen, digits, nonzero, ...hyphen, digits, digits, digits, nonzero];
    return [{ kind: "template", share: 1, slots, suffixed: false }];
  }
  if (labels.filter(isNationalId).length < 0.9 * labels.length) return undefined;
  return learnTemplates(labels).map((template) => ({ kind: "national-id", suffixed: true, ...template }));
}

function isNationalId(value: string): boolean {
  return nationalIdLocale(value) !== undefined;
}
