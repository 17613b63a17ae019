import type { Faker } from "@faker-js/faker";
import { loadFaker } from "../../schema/identifiers/locale.ts";

/** What people of a locale are made of. */
export interface WordLists {
  readonly firstNames: Readonly<Record<Sex, readonly string[]>>;
  readonly lastNames: Readonly<Record<Sex, readonly string[]>>;
  /** Names of places, some of them made up. */
  readonly cities: readonly string[];
  /** Whether the family name comes first, with nothing between. */
  readonly familyFirst: boolean;
}

export const SEXES = ["female", "male"] as const;
export type Sex = (typeof SEXES)[number];

const CITIES = 300;
const FAMILY_FIRST = new Set(["ja", "ko", "zh_CN"]);

/** The word lists of a locale, the same each time. */
export async function loadWordLists(locale: string): Promise<WordLists> {
  const faker = await loadFaker(locale);
  const { first_name, last_name } = faker.definitions.person;
  return {
    firstNames: { female: wordsOf(first_name, "female"), male: wordsOf(first_name, "male") },
    lastNames: { female: wordsOf(last_name, "female"), male: wordsOf(last_name, "male") },
    cities: citiesOf(faker),
    familyFirst: FAMILY_FIRST.has(locale),
  };
}

function wordsOf(definition: object, sex: Sex): readonly string[] {
  const lists = definition as Readonly<Partial<Record<Sex | "generic", readonly string[]>>>;
  const list = lists[sex] ?? lists.generic ?? [];
  return [...new Set(list.filter((word) => /^[^\s,@]+$/.test(word)))];
}

function citiesOf(faker: Faker): readonly string[] {
  faker.seed(1);
  const out = new Set<string>();
  for (let i = 0; i < 3 * CITIES && out.size < CITIES; i++) out.add(faker.location.city());
  return [...out];
}
