import type { Faker } from "@faker-js/faker";

/** Locales whose names, streets and cities can be made. Each is loaded when it is first needed. */
const LOADERS: Readonly<Record<string, () => Promise<{ readonly faker: Faker }>>> = {
  en_US: () => import("@faker-js/faker/locale/en_US"),
  en_GB: () => import("@faker-js/faker/locale/en_GB"),
  en_AU: () => import("@faker-js/faker/locale/en_AU"),
  en_IN: () => import("@faker-js/faker/locale/en_IN"),
  de: () => import("@faker-js/faker/locale/de"),
  de_AT: () => import("@faker-js/faker/locale/de_AT"),
  de_CH: () => import("@faker-js/faker/locale/de_CH"),
  fr: () => import("@faker-js/faker/locale/fr"),
  es: () => import("@faker-js/faker/locale/es"),
  it: () => import("@faker-js/faker/locale/it"),
  nl: () => import("@faker-js/faker/locale/nl"),
  pl: () => import("@faker-js/faker/locale/pl"),
  pt_BR: () => import("@faker-js/faker/locale/pt_BR"),
  pt_PT: () => import("@faker-js/faker/locale/pt_PT"),
  sv: () => import("@faker-js/faker/locale/sv"),
  da: () => import("@faker-js/faker/locale/da"),
  nb_NO: () => import("@faker-js/faker/locale/nb_NO"),
  fi: () => import("@faker-js/faker/locale/fi"),
  tr: () => import("@faker-js/faker/locale/tr"),
  ru: () => import("@faker-js/faker/locale/ru"),
  uk: () => import("@faker-js/faker/locale/uk"),
  el: () => import("@faker-js/faker/locale/el"),
  he: () => import("@faker-js/faker/locale/he"),
  ar: () => import("@faker-js/faker/locale/ar"),
  ja: () => import("@faker-js/faker/locale/ja"),
  ko: () => import("@faker-js/faker/locale/ko"),
  zh_CN: () => import("@faker-js/faker/locale/zh_CN"),
};

export const LOCALES: readonly string[] = Object.keys(LOADERS);
export const DEFAULT_LOCALE = "en_US";

/** A new fake-data source of a locale; the default one for a locale we do not carry. */
export async function loadFaker(locale: string | undefined): Promise<Faker> {
  const load =
    LOADERS[locale ?? DEFAULT_LOCALE] ?? (LOADERS[DEFAULT_LOCALE] as () => Promise<{ readonly faker: Faker }>);
  return (await load()).faker;
}

/** Locales whose words are of no use for mail and web addresses. */
const OTHER_SCRIPTS = new Set(["ru", "uk", "el", "he", "ar", "ja", "ko", "zh_CN"]);

/** The locale to take the words of mail and web addresses from. */
export function latinLocale(locale: string | undefined): string {
  return locale === undefined || OTHER_SCRIPTS.has(locale) ? DEFAULT_LOCALE : locale;
}

/** Dialling codes, longest first. */
const DIALLING: readonly (readonly [string, string])[] = [
  ["+420", "cs"],
  ["+351", "pt_PT"],
  ["+380", "uk"],
  ["+358", "fi"],
  ["+972", "he"],
  ["+966", "ar"],
  ["+49", "de"],
  ["+43", "de_AT"],
  ["+41", "de_CH"],
  ["+44", "en_GB"],
  ["+61", "en_AU"],
  ["+91", "en_IN"],
  ["+33", "fr"],
  ["+34", "es"],
  ["+39", "it"],
  ["+31", "nl"],
  ["+48", "pl"],
  ["+55", "pt_BR"],
  ["+46", "sv"],
  ["+45", "da"],
  ["+47", "nb_NO"],
  ["+90", "tr"],
  ["+30", "el"],
  ["+81", "ja"],
  ["+82", "ko"],
  ["+86", "zh_CN"],
  ["+7", "ru"],
  ["+1", "en_US"],
];

const COUNTRIES: Readonly<Record<string, string>> = {
  de: "de",
  at: "de_AT",
  ch: "de_CH",
  uk: "en_GB",
  gb: "en_GB",
  au: "en_AU",
  in: "en_IN",
  us: "en_US",
  fr: "fr",
  es: "es",
  it: "it",
  nl: "nl",
  pl: "pl",
  br: "pt_BR",
  pt: "pt_PT",
  se: "sv",
  dk: "da",
  no: "nb_NO",
  fi: "fi",
  tr: "tr",
  ru: "ru",
  ua: "uk",
  gr: "el",
  il: "he",
  sa: "ar",
  jp: "ja",
  kr: "ko",
  cn: "zh_CN",
};

const HEADERS: readonly (readonly [RegExp, string])[] = [
  [/\b(vorname|nachname|familienname|strasse|straße|plz|ort|telefon|kunde|anschrift|geburtsdatum)\b/, "de"],
  [/\b(prenom|prénom|nom|rue|ville|telephone|téléphone|adresse)\b/, "fr"],
  [/\b(nombre|apellido|apellidos|calle|ciudad|teléfono|telefono)\b/, "es"],
  [/\b(cognome|indirizzo|città|citta)\b/, "it"],
  [/\b(voornaam|achternaam|straat|woonplaats)\b/, "nl"],
  [/\b(imię|imie|nazwisko|ulica|miasto)\b/, "pl"],
  [/\b(sobrenome|endereço|endereco|cidade|cpf)\b/, "pt_BR"],
  [/\b(förnamn|fornamn|efternamn|personnummer)\b/, "sv"],
];

const SCRIPTS: readonly (readonly [RegExp, string])[] = [
  // Japanese names are written with a blank, Chinese ones without.
  [/[\u4e00-\u9fff][ \u3000][\u4e00-\u9fff]/, "ja"],
  [/[\u3040-\u30ff]/, "ja"],
  [/[\uac00-\ud7af]/, "ko"],
  [/[\u4e00-\u9fff]/, "zh_CN"],
  [/[іїєґ]/i, "uk"],
  [/[\u0400-\u04ff]/, "ru"],
  [/[\u0370-\u03ff]/, "el"],
  [/[\u0590-\u05ff]/, "he"],
  [/[\u0600-\u06ff]/, "ar"],
  [/[łńśźż]/i, "pl"],
  [/(ß|straße|\bstr\.)/i, "de"],
  [/[ãõ]/i, "pt_BR"],
  [/ñ/i, "es"],
  [/[ğış]/, "tr"],
  [/[øæ]/i, "da"],
  [/å/i, "sv"],
  [/[äöü]/i, "de"],
  [/[çèêœ]/i, "fr"],
];

/** Votes for locales from some values and their header: dialling codes, IBAN and mail countries, words, scripts and letters.
 * @returns locale → share of the values that speak for it */
export function localeVotes(values: readonly string[], header: string): ReadonlyMap<string, number> {
  const votes = new Map<string, number>();
  const vote = (locale: string, weight: number): void => void votes.set(locale, (votes.get(locale) ?? 0) + weight);
  const words = header.toLowerCase().replace(/[_\-.]+/g, " ");
  for (const [pattern, locale] of HEADERS) if (pattern.test(words)) vote(locale, 0.5);
  for (const value of values) {
    const text = value.trim();
    const compact = text.replace(/[^\d+]/g, "");
    const dial = /^(\+|00)[\d(]/.test(text)
      ? DIALLING.find(([code]) => compact.replace(/^00/, "+").startsWith(code))
      : undefined;
    const country =
      /^([A-Z]{2})\d{2}[ A-Z0-9]{11,}$/.exec(text)?.[1] ??
      /@.*\.([a-z]{2})$/i.exec(text)?.[1] ??
      /^https?:\/\/[^/]*\.([a-z]{2})(\/|$)/i.exec(text)?.[1];
    const script = SCRIPTS.find(([pattern]) => pattern.test(text));
    const locale = dial?.[1] ?? (country && COUNTRIES[country.toLowerCase()]) ?? script?.[1];
    if (locale && LOADERS[locale]) vote(locale, 1 / values.length);
    else if (/^\(?\d{3}\)?[-. ]\d{3}-\d{4}$/.test(text)) vote("en_US", 1 / values.length);
  }
  return votes;
}
