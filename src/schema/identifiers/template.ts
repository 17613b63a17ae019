import type { Enumeration } from "./enumeration.ts";

/** The shape of a code, position by position: each holds one of some characters ("M14860" → M · 0-9 · 0-9 · …). */
export interface Template {
  readonly slots: readonly string[];
  /** Share of the values in this shape. */
  readonly share: number;
}

const DIGITS = "0123456789";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = UPPER.toLowerCase();
/** Values looked at to learn shapes. */
const SAMPLE = 20_000;
/** A character, or a group of letters, that fewer values hold is not taken over from the data. */
const MIN_VALUES = 5;
const MOST_TEMPLATES = 50;

/** Learns the shapes of codes: digits vary, punctuation stays, a group of letters stays where at most 20 occur and each in 5 values or more
 * ("INV-", or L, M and H), else letters vary too. A position varies over the characters that 5 values hold there.
 * @param values distinct, at least one
 * @returns most frequent first */
export function learnTemplates(values: readonly string[]): readonly Template[] {
  const step = Math.max(1, values.length / SAMPLE);
  const sample: string[] = [];
  for (let i = 0; i < values.length; i += step) sample.push(values[Math.floor(i)] as string);
  let mask = (value: string): string =>
    value
      .replace(/\d/g, "0")
      .replace(/\p{Lu}/gu, "A")
      .replace(/\p{Ll}/gu, "a");
  let groups = groupBy(sample, mask);
  if (groups.size > 20) {
    // Digits and letters anywhere (hashes, base 36): one class for all of them.
    mask = (value) => value.replace(/[\p{L}\d]/gu, "x");
    groups = groupBy(sample, mask);
  }
  const large = [...groups].filter(([, members]) => members.length >= MIN_VALUES);
  const kept = (large.length > 0 ? large : [...groups])
    .sort((a, b) => b[1].length - a[1].length)
    .slice(0, MOST_TEMPLATES);
  const parts = kept.flatMap(([shape, members]) => splitByLetters(shape, members).map((part) => ({ shape, ...part })));
  const chosen =
    parts.length <= MOST_TEMPLATES
      ? parts
      : kept.map(([shape, members]) => ({ shape, members, fixed: new Map<number, string>() }));
  const total = chosen.reduce((sum, part) => sum + part.members.length, 0);
  return chosen
    .map(({ shape, members, fixed }) => ({ slots: slotsOf(shape, members, fixed), share: members.length / total }))
    .sort((a, b) => b.share - a.share);
}

function groupBy(values: readonly string[], key: (value: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const value of values) {
    const shape = key(value);
    const group = groups.get(shape);
    if (group) group.push(value);
    else groups.set(shape, [value]);
  }
  return groups;
}

/** One part for each combination of the letter groups that stay. `fixed`: position → character. */
function splitByLetters(
  shape: string,
  members: readonly string[],
): { readonly members: readonly string[]; readonly fixed: ReadonlyMap<number, string> }[] {
  const whole = [{ members, fixed: new Map<number, string>() }];
  if (members.length < MIN_VALUES) return whole;
  const stable = [...shape.matchAll(/[Aa]+/g)].filter((run) => {
    const counts = new Map<string, number>();
    for (const value of members) {
      const text = value.slice(run.index, run.index + run[0].length);
      counts.set(text, (counts.get(text) ?? 0) + 1);
      if (counts.size > 20) return false;
    }
    return [...counts.values()].every((count) => count >= MIN_VALUES);
  });
  if (stable.length === 0) return whole;
  const text = (value: string): string =>
    stable.map((run) => value.slice(run.index, run.index + run[0].length)).join("\u0000");
  const parts = [...groupBy(members, text).values()];
  if (parts.some((part) => part.length < MIN_VALUES)) return whole;
  return parts.map((part) => {
    const fixed = new Map<number, string>();
    for (const run of stable)
      for (let i = run.index; i < run.index + run[0].length; i++) fixed.set(i, (part[0] as string)[i] as string);
    return { members: part, fixed };
  });
}

function slotsOf(shape: string, members: readonly string[], fixed: ReadonlyMap<number, string>): readonly string[] {
  return Array.from({ length: shape.length }, (_, i) => {
    const kind = shape[i] as string;
    const known = fixed.get(i);
    if (known !== undefined) return known;
    if (!/[0Aax]/.test(kind)) return kind;
    const counts = new Map<string, number>();
    for (const value of members) counts.set(value[i] as string, (counts.get(value[i] as string) ?? 0) + 1);
    const held = [...counts].filter(([, count]) => count >= MIN_VALUES).map(([character]) => character);
    // Enough values to tell a rule of the format (a first digit that is never 0) from chance.
    if (members.length >= 10 * Math.max(10, held.length) && held.length > 0) return held.sort().join("");
    if (kind === "0") return i === 0 && !counts.has("0") && shape.length > 1 ? DIGITS.slice(1) : DIGITS;
    if (kind === "A") return UPPER;
    if (kind === "a") return LOWER;
    const all = [...counts.keys()].join("");
    const letters = /[g-z]/i.test(all) ? LOWER : "abcdef";
    return DIGITS + (/[A-Z]/.test(all) && !/[a-z]/.test(all) ? letters.toUpperCase() : letters);
  });
}

/** The strings of a template. In a template of more than 2^50 strings the first positions are a fixed function of the others. */
export function enumerationOf(slots: readonly string[]): Enumeration {
  const characters = slots.map((slot) => [...slot]);
  let size = 1;
  let first = slots.length;
  while (first > 0 && size * (characters[first - 1] as string[]).length <= 2 ** 50)
    size *= (characters[--first] as string[]).length;
  const at = (offset: number): string => {
    let rest = offset;
    let out = "";
    for (let i = slots.length - 1; i >= first; i--) {
      const slot = characters[i] as string[];
      if (slot.length === 1) {
        out = slot[0] + out;
        continue;
      }
      const k = rest % slot.length;
      out = slot[k] + out;
      rest = (rest - k) / slot.length;
    }
    for (let i = first - 1; i >= 0; i--) {
      const slot = characters[i] as string[];
      out = slot[scramble(offset, i) % slot.length] + out;
    }
    return out;
  };
  const indices = characters.map((slot) => new Map(slot.map((character, k) => [character, k])));
  return {
    size,
    at,
    offsetOf(value) {
      if (value.length !== slots.length) return -1;
      let offset = 0;
      for (let i = first; i < slots.length; i++) {
        const k = indices[i]?.get(value[i] as string);
        if (k === undefined) return -1;
        offset = offset * (characters[i] as string[]).length + k;
      }
      for (let i = 0; i < first; i++) if (!(slots[i] as string).includes(value[i] as string)) return -1;
      return first === 0 || at(offset) === value ? offset : -1;
    },
  };
}

function scramble(offset: number, position: number): number {
  let h = Math.imul((offset >>> 0) ^ Math.imul(position + 1, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ Math.floor(offset / 4294967296), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x27d4eb2f);
  return (h ^ (h >>> 15)) >>> 0;
}

/** The template's tiers: each has one digit more, in the last group of digits; with `suffixed` (where longer codes could be those of another
 * template) a number after a hyphen. */
export function templateTiers(slots: readonly string[], suffixed: boolean): (t: number) => Enumeration {
  return (t) => {
    if (t === 0) return enumerationOf(slots);
    if (suffixed) return enumerationOf([...slots, "-", "123456789", ...Array.from({ length: t - 1 }, () => DIGITS)]);
    let last = slots.length - 1;
    while (last >= 0 && !/^\d+$/.test(slots[last] as string)) last--;
    const grown = [...slots];
    grown.splice(last + 1, 0, ...Array.from({ length: t }, () => DIGITS));
    return enumerationOf(grown);
  };
}
