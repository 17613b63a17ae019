/** A text as it is compared for equality: Unicode NFKC, lower case, single spaces. */
export function comparableText(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/gu, " ").trim();
}
