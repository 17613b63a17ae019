import type { TextColumn } from "../data/table.ts";
import { sampleLabels, type TextProfile } from "./profile.ts";

const MISSING_LABELS = new Set([
  "",
  "?",
  "na",
  "n/a",
  "n.a.",
  "#n/a",
  "nan",
  "null",
  "nil",
  "unknown",
  "unk",
  "missing",
  "not available",
  "not known",
  "not recorded",
  "-",
  "--",
  ".",
  "k.a.",
  "unbekannt",
  "inconnu",
  "desconocido",
]);

/** Labels that say "missing", where there are others too. */
export function textCodes(column: TextColumn, profile: TextProfile): readonly string[] {
  const codes: string[] = [];
  for (const code of profile.used) {
    const label = column.dictionary[code] as string;
    if (label.length <= 14 && MISSING_LABELS.has(label.trim().toLowerCase())) codes.push(label);
  }
  return codes.length < profile.used.length ? codes : [];
}

const PAIRS = [
  ["false", "true"],
  ["no", "yes"],
  ["n", "y"],
  ["f", "t"],
  ["0", "1"],
  ["off", "on"],
  ["nein", "ja"],
  ["non", "oui"],
  ["no", "si"],
  ["no", "sí"],
];

/** Whether two labels mean no and yes. */
export function booleanPair(column: TextColumn, used: Int32Array): boolean {
  const labels = Array.from(used, (code) => (column.dictionary[code] as string).trim().toLowerCase());
  return PAIRS.some((pair) => pair.every((label) => labels.includes(label)));
}

/** Words per value, over a sample of the distinct values. */
export function averageWords(column: TextColumn, profile: TextProfile): number {
  const sample = sampleLabels(column, profile, 500);
  return sample.reduce((sum, value) => sum + value.trim().split(/\s+/).length, 0) / Math.max(1, sample.length);
}

const SCALES = [
  ["very low", "low", "moderate", "medium", "mid", "high", "very high"],
  ["extra small", "xs", "small", "s", "medium", "m", "large", "l", "extra large", "xl", "xxl", "xxxl"],
  ["none", "minimal", "mild", "moderate", "severe", "very severe", "critical"],
  ["very poor", "poor", "fair", "average", "good", "very good", "excellent"],
  ["never", "rarely", "seldom", "sometimes", "often", "usually", "very often", "always"],
  ["strongly disagree", "disagree", "neutral", "neither agree nor disagree", "agree", "strongly agree"],
  ["very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"],
  ["very unlikely", "unlikely", "neutral", "likely", "very likely"],
  ["first", "second", "third", "fourth", "fifth"],
];

/** The labels in order, lowest first: a scale we know, or ranges of numbers ("under $11k", "$11-$25k", ">$50k").
 * @returns undefined when there is none, or fewer than 3 labels */
export function orderOf(labels: readonly string[]): readonly string[] | undefined {
  if (labels.length < 3 || labels.length > 50) return undefined;
  const plain = labels.map((label) => label.trim().toLowerCase().replace(/[_-]+/g, " "));
  for (const scale of SCALES) {
    const places = plain.map((label) => scale.indexOf(label));
    if (places.every((place) => place >= 0) && new Set(places).size === labels.length) return sortedBy(labels, places);
  }
  const places = labels.map(placeOfRange);
  if (places.every((place) => place !== undefined) && new Set(places).size === labels.length)
    return sortedBy(labels, places as number[]);
  return undefined;
}

function sortedBy(labels: readonly string[], places: readonly number[]): readonly string[] {
  return labels
    .map((label, i) => ({ label, place: places[i] as number }))
    .sort((a, b) => a.place - b.place)
    .map(({ label }) => label);
}

/** Where a range of numbers stands; undefined for anything else. */
function placeOfRange(label: string): number | undefined {
  const text = label.toLowerCase().replace(/[$€£,%\s]|years?|yrs?/g, "");
  const number = (digits: string, unit: string | undefined): number =>
    Number(digits) * (unit === "k" ? 1e3 : unit === "m" ? 1e6 : 1);
  const below = /^(under|below|lessthan|upto|<=?|≤)(\d+(?:\.\d+)?)([km]?)$/.exec(text);
  if (below) return number(below[2] as string, below[3]) - 0.75;
  const above =
    /^(?:over|above|morethan|>=?|≥)(\d+(?:\.\d+)?)([km]?)$|^(\d+(?:\.\d+)?)([km]?)(?:\+|ormore|andover|orolder)$/.exec(
      text,
    );
  if (above) return number((above[1] ?? above[3]) as string, above[2] ?? above[4]) + 0.25;
  const range = /^[[(]?(\d+(?:\.\d+)?)([km]?)(?:-|–|to|\.\.)(\d+(?:\.\d+)?)([km]?)[\])]?$/.exec(text);
  if (!range) return undefined;
  const low = number(range[1] as string, range[2] || range[4]);
  return number(range[3] as string, range[4]) > low ? low : undefined;
}
