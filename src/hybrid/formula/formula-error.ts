import { InvalidArgument } from "../../errors.ts";

/** Where in a formula something stands, in UTF-16 units. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

/** An error that points at its place.
 * @param found what is wrong there, a clause without a full stop
 * @returns code "bad-formula" */
export function formulaError(
  text: string,
  place: Place,
  words: { readonly found: string; readonly advice?: string | undefined },
): InvalidArgument {
  // A tab or a line break would move the mark.
  const line = text.replace(/\s/g, " ");
  const mark = `${" ".repeat([...line.slice(0, place.at)].length)}${"^".repeat(Math.max(1, place.length))}`;
  return new InvalidArgument(
    "bad-formula",
    `In the formula, ${words.found}${words.found.endsWith("?") ? "" : ":"}\n    ${line}\n    ${mark}`,
    {
      ...(words.advice === undefined ? {} : { advice: words.advice }),
    },
  );
}
