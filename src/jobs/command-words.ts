import { InvalidArgument } from "../errors.ts";

/** The words of a command that no shell reads: blanks part them, and what stands between two " or two ' is kept as it is, blanks and all. Nothing else
 * has a meaning: no variables, no pipes, no backslashes.
 * @throws {InvalidArgument} no word, or a quote that is never closed */
export function commandWords(command: string, option: string): readonly [string, ...string[]] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (const c of command) {
    if (quote !== "") {
      if (c === quote) quote = "";
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + c;
  }
  if (word !== undefined) words.push(word);
  const [program, ...args] = words;
  if (quote !== "" || program === undefined || program === "")
    throw new InvalidArgument(
      "bad-command",
      quote === ""
        ? `${option} names no program: "${command}".`
        : `${option} has a ${quote} that is never closed: ${command}`,
      {
        advice: `Give a program and its arguments in one text, as ${option} "python3 train.py {real} {synthetic} {test}".`,
      },
    );
  return [program, ...args];
}
