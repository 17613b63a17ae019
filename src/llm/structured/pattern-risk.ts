/** Why a regular expression may take exponential time on some text; undefined: none of the known ways is seen.
 *
 * Refuses a repetition without bound (or of more than 50 times) inside another one, as in (a+)+, and repeated alternatives that may begin alike, as in
 * (a|ab)*. Sequences of repetitions, as in \d+\d+, pass: their time is a power of the length of the text, which an answer's token limit bounds.
 * @source the star-height rule of Davis et al. (2018), "The impact of regular expression denial of service in practice", ESEC/FSE */
export function patternRisk(source: string): string | undefined {
  if (source.length > MOST_CHARACTERS) return `it is longer than ${MOST_CHARACTERS} characters`;
  if (/\\[1-9]|\\k</.test(source)) return "it refers back to a group";
  const open: Group[] = [{ repeats: false, starts: [], atStart: true }];
  let closed: Group | undefined;
  for (let at = 0; at < source.length; ) {
    const group = open.at(-1) as Group;
    const character = source[at] as string;
    const repetition = /^(?:[*+]|\{(\d+)(,?)(\d*)\})\??/.exec(source.slice(at));
    if (repetition) {
      const [text, low, comma, high] = repetition;
      const unbounded = low === undefined || (comma === "," && high === "") || Number(high || low) > MOST_REPETITIONS;
      if (unbounded) {
        if (closed?.repeats) return "a repetition is repeated";
        if (closed && startsAlike(closed.starts)) return "repeated alternatives may begin with the same character";
        group.repeats = true;
      }
      closed = undefined;
      at += text.length;
      continue;
    }
    closed = undefined;
    if (character === "(") {
      const head = /^\((?:\?(?:[:=!]|<[=!]|<\w+>))?/.exec(source.slice(at))?.[0] ?? "(";
      if (group.atStart) group.starts.push(ANY);
      group.atStart = false;
      open.push({ repeats: false, starts: [], atStart: true });
      at += head.length;
    } else if (character === ")") {
      closed = open.length > 1 ? open.pop() : undefined;
      const outer = open.at(-1) as Group;
      if (closed?.repeats) outer.repeats = true;
      at++;
    } else if (character === "|") {
      group.atStart = true;
      at++;
    } else {
      const piece =
        character === "\\"
          ? source.slice(at, at + 2)
          : character === "["
            ? (/^\[\^?(?:\\.|[^\]\\])*\]/s.exec(source.slice(at))?.[0] ?? character)
            : character;
      if (group.atStart) group.starts.push(/^[\w -]$/.test(piece) ? piece : ANY);
      group.atStart = false;
      at += piece.length;
    }
  }
  return undefined;
}

interface Group {
  /** Something in it is repeated without bound. */
  repeats: boolean;
  /** What each alternative begins with. */
  readonly starts: string[];
  atStart: boolean;
}

/** Begins with more than one known character. */
const ANY = "";
const MOST_CHARACTERS = 1000;
const MOST_REPETITIONS = 50;

function startsAlike(starts: readonly string[]): boolean {
  return starts.length > 1 && (starts.includes(ANY) || new Set(starts).size < starts.length);
}
