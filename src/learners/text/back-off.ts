import type { Random } from "../../random.ts";

/** A language model of n-grams that knows classes: a text of a class is written token by token, each after the two before it. Plain data but for its maps. */
export interface BackOffModel {
  /** Of the class's own texts and of all texts, by length of the history: 2, 1, 0 tokens. */
  readonly own: ReadonlyMap<number, Histories>;
  readonly shared: Histories;
  /** Distinct tokens, the end among them. */
  readonly vocabulary: readonly string[];
  readonly longest: number;
}

/** What followed each history, and how often. */
type Histories = ReadonlyMap<string, Continuations>;

interface Continuations {
  readonly total: number;
  readonly tokens: readonly number[];
  readonly counts: readonly number[];
}

/** Counts which token follows which, within each class and over all.
 * @param texts tokens of each text
 * @param classes of each text, whole numbers
 * @source interpolation with weights N / (N + T), T the distinct continuations: Witten & Bell (1991), IEEE Transactions on Information Theory 37(4);
 *   backing off from a history to a shorter one: Katz (1987), IEEE Transactions on Acoustics, Speech and Signal Processing 35(3) */
export function fitBackOff(texts: readonly (readonly string[])[], classes: ArrayLike<number>): BackOffModel {
  const vocabulary: string[] = [END];
  const places = new Map<string, number>([[END, 0]]);
  const own = new Map<number, Counting>();
  const shared: Counting = new Map();
  let longest = 0;
  texts.forEach((tokens, row) => {
    const label = classes[row] as number;
    const counting = own.get(label) ?? new Map();
    own.set(label, counting);
    longest = Math.max(longest, tokens.length);
    const history: number[] = [];
    for (const token of [...tokens, END]) {
      let code = places.get(token);
      if (code === undefined) {
        code = vocabulary.push(token) - 1;
        places.set(token, code);
      }
      for (let length = 0; length <= ORDER - 1; length++) {
        const key = keyOf(history, length);
        count(counting, key, code);
        count(shared, key, code);
      }
      history.push(code);
    }
  });
  return {
    own: new Map([...own].map(([label, counting]) => [label, frozen(counting)])),
    shared: frozen(shared),
    vocabulary,
    longest,
  };
}

/** The chance of each next token is a mixture over histories, longest first, the class's own before everybody's:
 * own(2), shared(2), own(1), shared(1), own(0), shared(0). A draw goes down this list: it stops at a history with chance N / (N + T).
 * @returns tokens; none only where the model saw empty texts */
export function drawText(model: BackOffModel, label: number, random: Random): readonly string[] {
  const own = model.own.get(label);
  const history: number[] = [];
  const most = 2 * model.longest + 1;
  while (history.length < most) {
    const code = drawToken({ own, shared: model.shared, history, random });
    if (code === 0) break;
    history.push(code);
  }
  return history.map((code) => model.vocabulary[code] as string);
}

const ORDER = 3;
/** No token of a text is empty. */
const END = "";

type Counting = Map<string, Map<number, number>>;

/** The last `length` tokens; at the beginning of a text fewer, and the key says so. */
function keyOf(history: readonly number[], length: number): string {
  return `${length}:${history.slice(Math.max(0, history.length - length)).join(",")}`;
}

function count(counting: Counting, key: string, code: number): void {
  const continuations = counting.get(key) ?? new Map<number, number>();
  counting.set(key, continuations);
  continuations.set(code, (continuations.get(code) ?? 0) + 1);
}

function frozen(counting: Counting): Histories {
  return new Map(
    [...counting].map(([key, continuations]) => {
      const counts = [...continuations.values()];
      return [key, { total: counts.reduce((sum, x) => sum + x, 0), tokens: [...continuations.keys()], counts }];
    }),
  );
}

function drawToken(at: {
  readonly own: Histories | undefined;
  readonly shared: Histories;
  readonly history: readonly number[];
  readonly random: Random;
}): number {
  const { own, shared, history, random } = at;
  let last: Continuations | undefined;
  for (let length = ORDER - 1; length >= 0; length--) {
    const key = keyOf(history, length);
    for (const continuations of [own?.get(key), shared.get(key)]) {
      if (!continuations) continue;
      last = continuations;
      const { total, tokens } = continuations;
      if (random.uniform() * (total + tokens.length) < total) return drawFrom(continuations, random);
    }
  }
  return last ? drawFrom(last, random) : 0;
}

function drawFrom({ total, tokens, counts }: Continuations, random: Random): number {
  let left = random.integer(total);
  for (let i = 0; i < tokens.length; i++) {
    left -= counts[i] as number;
    if (left < 0) return tokens[i] as number;
  }
  return tokens.at(-1) as number;
}
