/** Why a regular expression may take exponential time on some text; undefined: none of the known ways is seen.
 *
 * Refuses a part of varying length that is repeated, as in (a+)+, (a?){30} or (\w+\s?)*, and repeated alternatives that may begin alike, as in (a|ab)*. A
 * part in which one thing varies passes where a character that it has nowhere else shows where each repetition begins or ends, as in ( [a-z]+)* or (\w+,)*:
 * there is one way to divide a text. Repetitions one after the other, as in \d+\d+, pass: their time is a power of the length of the text, which an
 * answer's token limit bounds.
 * @source the star-height rule of Davis et al. (2018), "The impact of regular expression denial of service in practice", ESEC/FSE, with the exception above */
export function patternRisk(source: string): string | undefined {
  if (source.length > MOST_CHARACTERS) return `it is longer than ${MOST_CHARACTERS} characters`;
  if (/\\[1-9]|\\k</.test(source)) return "it refers back to a group";
  const open: Group[] = [emptyGroup()];
  let closed: Group | undefined;
  for (let at = 0; at < source.length; ) {
    const group = open.at(-1) as Group;
    const rest = source.slice(at);
    const quantifier = QUANTIFIER.exec(rest);
    if (quantifier) {
      const { least, most } = bounds(quantifier);
      if (closed && most > 1) {
        const copies = isDelimited(closed) ? closed.varying : closed.varying * most;
        if (copies > MANY) return "a part of varying length is repeated";
        if (most > MANY && startAlike(closed.starts)) return "repeated alternatives may begin with the same character";
        group.varying += copies - closed.varying;
      }
      if (least !== most) group.varying++;
      const last = group.pieces.at(-1);
      if (last) group.pieces[group.pieces.length - 1] = { ...last, mayDelimit: false };
      closed = undefined;
      at += quantifier[0].length;
      continue;
    }
    closed = undefined;
    const head = /^\((?:\?(?:[:=!]|<[=!]|<\w+>))?/.exec(rest)?.[0];
    if (head !== undefined) {
      begin(group, undefined);
      open.push(emptyGroup());
      at += head.length;
    } else if (rest[0] === ")") {
      closed = open.length > 1 ? open.pop() : undefined;
      const outer = open.at(-1) as Group;
      outer.varying += (closed?.varying ?? 0) + (closed && startAlike(closed.starts) ? 1 : 0);
      outer.pieces.push(...(closed?.pieces ?? []).map(({ text }) => ({ text, mayDelimit: false })));
      at++;
    } else if (rest[0] === "|") {
      group.atStart = true;
      at++;
    } else {
      const text = PIECE.exec(rest)?.[0] as string;
      begin(group, text);
      group.pieces.push({ text, mayDelimit: /^(?:[^\\[.^$]|\\[^a-zA-Z])$/s.test(text) });
      at += text.length;
    }
  }
  return undefined;
}

const MOST_CHARACTERS = 1000;
/** Copies of a part that varies, at most: with each the ways to match may grow as the length of the text. */
const MANY = 3;
const QUANTIFIER = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/;
const PIECE =
  /^(?:\\(?:[pP]\{[^}]*\}|u\{[\da-fA-F]+\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|.)|\[\^?(?:\\.|[^\]\\])*\]|[\s\S])/s;

interface Group {
  /** Parts of it that match texts of more than one length, each as often as it is repeated. */
  varying: number;
  /** What each alternative begins with; undefined: not known. */
  readonly starts: (string | undefined)[];
  atStart: boolean;
  /** Everything in it that matches one character, those of inner groups too. */
  readonly pieces: Piece[];
}

interface Piece {
  readonly text: string;
  /** One certain character, that is there exactly once. */
  readonly mayDelimit: boolean;
}

function emptyGroup(): Group {
  return { varying: 0, starts: [], atStart: true, pieces: [] };
}

function begin(group: Group, text: string | undefined): void {
  if (group.atStart) group.starts.push(text);
  group.atStart = false;
}

function bounds([, sign, low, comma, high]: RegExpExecArray): { readonly least: number; readonly most: number } {
  if (sign !== undefined) return { least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : Number.POSITIVE_INFINITY };
  const least = Number(low);
  return { least, most: comma === "" ? least : high === "" ? Number.POSITIVE_INFINITY : Number(high) };
}

/** Whether there is one way only to divide a text into its repetitions, and one to match each of them. */
function isDelimited({ pieces, starts, varying }: Group): boolean {
  if (varying === 0) return true;
  if (starts.length !== 1 || varying > 1) return false;
  return [0, pieces.length - 1].some((at) => {
    const { text, mayDelimit } = pieces[at] ?? { text: "", mayDelimit: false };
    const character = text.replace(/^\\/, "");
    return mayDelimit && pieces.every((piece, other) => other === at || !matches(piece.text, character));
  });
}

function startAlike(starts: readonly (string | undefined)[]): boolean {
  if (starts.length < 2) return false;
  if (starts.some((start) => start === undefined || /^(?:[.^$]|\\[bB])$/.test(start))) return true;
  return Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code)).some(
    (character) => starts.filter((start) => matches(start as string, character)).length > 1,
  );
}

function matches(piece: string, character: string): boolean {
  try {
    return new RegExp(`^(?:${piece})$`, "us").test(character);
  } catch {
    // No pattern by itself: whoever compiles the whole will say so.
    return true;
  }
}
