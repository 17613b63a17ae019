import { suggest } from "../../math/nearest-name.ts";
import { LOCALES } from "../../schema/identifiers.ts";
import type { SamplerParameters } from "../recipe.ts";
import { SEXES, type WordLists } from "./person-words.ts";
import type { Sampler, WrongParameter } from "./sampler.ts";

export const DEFAULT_LOCALE = "en_US";

/** The keys of the cell that {@link person} makes. */
export const PERSON_FIELDS: readonly string[] = ["name", "firstName", "lastName", "sex", "age", "email", "city"];

/** Nobody: each part is drawn by itself from the word lists of a locale. Somebody may bear such a name by chance. The address of mail is at
 * example.com, which nobody owns (RFC 2606). */
export function person(
  { locale = DEFAULT_LOCALE, age = [18, 90] }: SamplerParameters["person"],
  words: ReadonlyMap<string, WordLists>,
): Sampler | WrongParameter {
  if (!LOCALES.includes(locale))
    return { wrong: `has an unknown locale "${locale}"${suggest(locale, LOCALES)}`, key: "locale" };
  const [youngest, oldest] = age;
  if (!(youngest >= 0 && youngest <= oldest && oldest <= 130))
    return { wrong: `is aged ${youngest} to ${oldest}: want 0 ≤ from ≤ to ≤ 130`, key: "age" };
  return (random) => {
    const lists = words.get(locale) as WordLists;
    const one = (list: readonly string[]): string => list[random.integer(list.length)] as string;
    const sex = one(SEXES) as (typeof SEXES)[number];
    const firstName = one(lists.firstNames[sex]);
    const lastName = one(lists.lastNames[sex]);
    const number = 10 + random.integer(90);
    const local = [latin(firstName), latin(lastName)];
    return {
      name: lists.familyFirst ? lastName + firstName : `${firstName} ${lastName}`,
      firstName,
      lastName,
      sex,
      age: youngest + random.integer(oldest - youngest + 1),
      email: `${local.every((part) => part !== "") ? local.join(".") : `mail.${random.uint32().toString(36)}`}${number}@example.com`,
      city: one(lists.cities),
    };
  };
}

/** The Latin letters of a name, lower case; empty for one in another script. */
function latin(name: string): string {
  return name
    .replace(/ß/g, "ss")
    .replace(/[øØ]/g, "o")
    .replace(/[łŁ]/g, "l")
    .replace(/[æÆ]/g, "ae")
    .replace(/[ıİ]/g, "i")
    .normalize("NFD")
    .toLowerCase()
    .replace(/[^a-z]/g, "");
}
