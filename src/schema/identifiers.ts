/** Personal identifiers and keys: recognised by content and header, made anew in the same format, never equal to a real value. */
export { type IdentifierRecord, learnIdentifier } from "./identifiers/learn.ts";
export { LOCALES, localeVotes } from "./identifiers/locale.ts";
export { nationalIdLocale, type Recognised, recognise } from "./identifiers/recognise.ts";
export { type Regenerator, regeneratorOf } from "./identifiers/regenerate.ts";
