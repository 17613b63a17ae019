import type { Secret } from "./secret.ts";

const MOST_CHARACTERS = 300;

/** What a server said, fit for an error, a journal and a report: no key, no control characters, at most 300 characters. */
export function cleanMessage(text: string, secrets: readonly Secret[]): string {
  // A page of megabytes is not searched to its end, and a key that is cut in two by the limit must still be found.
  let clean = text.slice(0, 8 * MOST_CHARACTERS);
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value.length > 0) clean = clean.replaceAll(value, "[key]");
    // Some servers quote the beginning and the end of the key they refuse: sk-ab***yz.
    if (value.length >= 16)
      clean = clean.replace(new RegExp(`${escaped(value.slice(0, 4))}[\\w-]*[*.…]{2,}[\\w-]*`, "g"), "[key]");
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  clean = clean.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return clean.length <= MOST_CHARACTERS ? clean : `${clean.slice(0, MOST_CHARACTERS - 1)}…`;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
