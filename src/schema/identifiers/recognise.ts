import validator from "validator";
import { headerWords } from "../header.ts";
import type { IdentifierType } from "../schema.ts";

export interface Recognised {
  readonly type: IdentifierType;
  /** Why: one plain sentence. */
  readonly evidence: string;
}

interface Content {
  readonly type: IdentifierType;
  readonly what: string;
  /** Least share of the values that must look so. */
  readonly share: number;
  readonly test: (value: string) => boolean;
  /** Header words without which the content does not count. */
  readonly header?: RegExp;
  /** Header words that rule it out. */
  readonly not?: RegExp;
}

const THINGS =
  /\b(product|item|brand|model|company|firm|organi[sz]ation|file|column|table|field|event|project|team|school|hospital|hotel|restaurant|song|movie|film|title|game|book|category|class|type|group|dataset|species|station|airport|street|city|country|state|region|county|host|domain|user|plan|campaign|test|drug|disease|department|course)\b/;
const PERSON =
  /\b(name|names|person|patient|customer|client|employee|contact|author|owner|student|doctor|physician|nurse|agent|member|applicant|holder|fullname|full name|nom|nombre|naam|kunde|patientin|mitarbeiter|namn|imie)\b/;
const WORD = /^\p{L}[\p{L}'’.-]*$/u;

/** Formats that speak for themselves come first; those that need their header follow. */
const CONTENTS: readonly Content[] = [
  {
    type: "email",
    what: "e-mail addresses",
    share: 0.8,
    test: (value) => /^[^\s@]+@[^\s@]+\.[^\s@.]{2,}$/.test(value),
  },
  {
    type: "url",
    what: "web addresses",
    share: 0.8,
    test: (value) => /^(https?:\/\/|www\.)[^\s]+\.[^\s]+$/i.test(value),
  },
  {
    type: "uuid",
    what: "UUIDs",
    share: 0.9,
    test: (value) => /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i.test(value),
  },
  { type: "ip", what: "IP addresses", share: 0.9, test: (value) => validator.isIP(value) },
  {
    type: "iban",
    what: "IBANs (their check digits are right)",
    share: 0.8,
    test: (value) => validator.isIBAN(value.replace(/\s/g, "")),
  },
  {
    type: "card-number",
    what: "payment card numbers (their check digit is right)",
    share: 0.9,
    test: (value) =>
      /^[2-6]\d{3}([ -]?\d{4}){2}[ -]?\d{1,7}$|^3\d{3}[ -]?\d{6}[ -]?\d{4,5}$/.test(value) &&
      validator.isLuhnNumber(value.replace(/[ -]/g, "")),
  },
  {
    type: "national-id",
    what: "US social security numbers",
    share: 0.9,
    test: (value) => /^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/.test(value),
  },
  {
    type: "national-id",
    what: "national identity numbers (their check digit is right)",
    share: 0.97,
    test: (value) => nationalIdLocale(value) !== undefined,
    not: /\b(iban|phone|tel)\b/,
  },
  {
    type: "national-id",
    what: "national or tax identity numbers",
    share: 0.9,
    test: (value) => /^[\p{L}\d][\p{L}\d .\-/]{4,19}$/u.test(value) && /\d{3}/.test(value.replace(/[ .\-/]/g, "")),
    header:
      /\b(ssn|social security|national id|nationalid|national insurance|nino|nhs|tax id|taxid|tin|steuer\w*|svnr|sozialversicherung\w*|dni|nie|pesel|bsn|cpf|codice fiscale|insee|nir|passport\w*|personnummer|aadhaar|personal id|identity number|id card|ausweis\w*)\b/,
  },
  {
    type: "phone",
    what: "phone numbers",
    share: 0.8,
    test: (value) =>
      /^(\+\d[\d ()/.-]{6,20}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}[-.]\d{3}[-.]\d{4})( ?(x|ext\.?) ?\d{1,5})?$/.test(value) &&
      !/^\d{1,3}(\.\d{1,3}){3}$/.test(value),
  },
  {
    type: "phone",
    what: "phone numbers",
    share: 0.8,
    test: (value) => /^[+\d(][\d ()/.\-x]{5,22}$/.test(value) && digitCount(value) >= 6 && digitCount(value) <= 15,
    header:
      /\b(phone|phones|phonenumber|telephone|tel|mobile|cell|cellphone|fax|telefon\w*|handy|mobil|téléphone|telefono|teléfono|portable|telefoon|msisdn)\b/,
  },
  {
    type: "address",
    what: "street addresses",
    share: 0.6,
    test: (value) =>
      /^\d+[a-z]?,? .*\b(st|street|ave|avenue|road|rd|lane|ln|drive|dr|blvd|boulevard|way|court|ct|place|pl|rue|chemin)\b/i.test(
        value,
      ) || /(straße|strasse|str\.|weg|allee|platz|gasse) \d+\s?[a-z]?\b/i.test(value),
  },
  {
    type: "address",
    what: "street addresses",
    share: 0.6,
    test: (value) => /\p{L}{2}/u.test(value) && /\d/.test(value),
    header:
      /\b(address|addr|street|streetaddress|address\d|strasse|straße|anschrift|adresse|rue|calle|direccion|dirección|indirizzo|via|straat|ulica|endereco|endereço|residence|home)\b/,
    not: /\b(ip|mac|mail|email|web|url)\b/,
  },
  {
    type: "postcode",
    what: "postcodes",
    share: 0.9,
    test: (value) => /^[A-Z\d][A-Z\d -]{2,9}$/i.test(value) && /\d/.test(value),
    header: /\b(zip|zipcode|zip code|postcode|post code|postal\w*|postleitzahl|plz|cp|code postal|cap|cep)\b/,
  },
  {
    type: "first-name",
    what: "first names",
    share: 0.8,
    test: (value) => wordCount(value) <= 3 && value.split(/\s+/).every((word) => WORD.test(word)),
    header:
      /\b(first ?name|fname|given ?name|given|forename|vorname|prenom|prénom|primer nombre|voornaam|imie|imię|förnamn|middle ?name)\b/,
  },
  {
    type: "last-name",
    what: "family names",
    share: 0.8,
    test: (value) => wordCount(value) <= 4 && value.split(/\s+/).every((word) => WORD.test(word)),
    header:
      /\b(last ?name|lname|surname|sur ?name|family ?name|nachname|familienname|apellidos?|cognome|achternaam|nazwisko|efternamn|maiden ?name|nom de famille)\b/,
  },
  { type: "person-name", what: "names of persons", share: 0.8, test: isPersonName, header: PERSON, not: THINGS },
  {
    type: "key",
    what: "user names",
    share: 0.9,
    test: (value) => /^\S{2,40}$/.test(value),
    header: /\b(user ?name|login|nick ?name|screen ?name|handle)\b/,
  },
  {
    type: "city",
    what: "names of places",
    share: 0.9,
    test: (value) => /^[\p{L}][\p{L} .'’()/-]*$/u.test(value),
    header:
      /\b(city|town|village|ort|wohnort|stadt|ville|ciudad|città|citta|comune|woonplaats|miasto|cidade|municipality|birthplace|hometown)\b/,
  },
];

/** Whether a column holds personal identifiers, by its values and, where values alone could be anything, by its header too.
 * @param values a sample of distinct values
 * @returns undefined: not that we can tell */
export function recognise(values: readonly string[], header: string): Recognised | undefined {
  if (values.length === 0) return undefined;
  const words = headerWords(header).join(" ");
  const trimmed = values.map((value) => value.trim());
  for (const content of CONTENTS) {
    if (content.header && !content.header.test(words)) continue;
    if (content.not?.test(words)) continue;
    const hits = trimmed.filter(content.test).length;
    // One or two values prove nothing, unless the format is a strict one.
    if (
      hits >= content.share * trimmed.length &&
      (content.header !== undefined || trimmed.length >= 3 || STRICT.has(content.type))
    )
      return {
        type: content.type,
        evidence: `${percent(hits / trimmed.length)} of the distinct values look like ${content.what}${content.header ? `, and the header says so` : ""}.`,
      };
  }
  return undefined;
}

const STRICT = new Set<IdentifierType>(["email", "iban", "uuid", "url"]);

/** The country whose national identity number this is, by its check digit. */
export function nationalIdLocale(value: string): "ES" | "IT" | "PL" | "NO" | "FI" | undefined {
  if (/^[\dXYZ]\d{7}[A-Z]$/i.test(value)) return validator.isIdentityCard(value, "ES") ? "ES" : undefined;
  if (/^[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]$/i.test(value))
    return validator.isTaxID(value, "it-IT") ? "IT" : undefined;
  if (/^\d{6}[-+A]\d{3}[\dA-Z]$/.test(value)) return validator.isIdentityCard(value, "FI") ? "FI" : undefined;
  if (/^\d{11}$/.test(value)) {
    const month = Number(value.slice(2, 4)) % 20;
    const day = Number(value.slice(4, 6));
    if (month >= 1 && month <= 12 && day >= 1 && day <= 31 && validator.isIdentityCard(value, "PL")) return "PL";
    if (validator.isIdentityCard(value, "NO")) return "NO";
  }
  return undefined;
}

function isPersonName(value: string): boolean {
  if (/[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/.test(value)) return value.length <= 8;
  const words = value.replace(",", " ").trim().split(/\s+/);
  return words.length >= 2 && words.length <= 5 && words.every((word) => WORD.test(word)) && /^\p{Lu}/u.test(value);
}

function wordCount(value: string): number {
  return value.split(/\s+/).length;
}

function digitCount(value: string): number {
  return value.replace(/\D/g, "").length;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
