import { columnOf, type Table, takeRows } from "../../data/table.ts";
import { isQuantity, schemaOf } from "../../schema/schema.ts";
import type { MetricInput, Trial } from "../metric.ts";
import { nearestOn, nearestTo } from "./nearest-synthetic.ts";
import { type RawColumn, rawColumns } from "./raw-columns.ts";
import { runRandom } from "./singling-out.ts";

/** People asked about on each side, per run and secret. */
const ATTACKS = 500;
/** Secrets tried where none was declared: a random few of the columns. */
const MAX_SECRETS = 3;
/** A number is found out when the guess is within this share of it. */
const TOLERANCE = 0.05;

/** Guesses of a secret about members, then about as many non-members. */
export interface SecretGuesses {
  readonly secret: string;
  readonly attacks: number;
  /** 1 where the guess is right. */
  readonly right: Uint8Array;
  /** Distance of the synthetic row that the guess comes from: the nearer, the surer. */
  readonly distance: Float64Array;
  /** Right guesses about the members when the guess is a random synthetic value. */
  readonly baseline: number;
}

/** Guesses every secret of random members and non-members from the nearest synthetic row on what is known of them: the declared
 * quasi-identifiers, or else every other column. */
export async function guessSecrets(trial: Trial, seed: number, input: MetricInput): Promise<readonly SecretGuesses[]> {
  const random = runRandom(input, seed);
  const names = trial.train.columns.map(({ name }) => name);
  const attacks = Math.min(ATTACKS, trial.train.rows, trial.holdout.rows);
  const { quasiIdentifiers } = input.purpose;
  const out: SecretGuesses[] = [];
  if (trial.synthetic.rows === 0) return out;
  for (const secret of secretsOf(names, input)) {
    const declared = quasiIdentifiers.filter((name) => name !== secret);
    const gives = [schemaOf(input.schema, secret).functionOf?.column];
    const known = (declared.length > 0 ? declared : names).filter(
      (name) => name !== secret && !gives.includes(name) && schemaOf(input.schema, name).functionOf?.column !== secret,
    );
    if (known.length === 0) continue;
    const stream = random.split(secret);
    const chosen = (table: Table, label: string): Table =>
      takeRows(table, stream.split(label).sample(table.rows, attacks));
    const queries = [chosen(trial.train, "members"), chosen(trial.holdout, "non-members")] as const;
    const found = await nearestOn(known, { pool: trial.synthetic, queries, trial }, input);
    const only = (table: Table): Table => ({ rows: table.rows, columns: [columnOf(table, secret)] });
    const [column] = rawColumns([only(trial.synthetic), only(queries[0]), only(queries[1])]) as readonly [RawColumn];
    const [released, members, nonMembers] = column.values as readonly [Float64Array, Float64Array, Float64Array];
    const isNumber = column.ordered && isQuantity(schemaOf(input.schema, secret).kind);
    const right = new Uint8Array(2 * attacks);
    let baseline = 0;
    for (let query = 0; query < 2 * attacks; query++) {
      const truth = (query < attacks ? members[query] : nonMembers[query - attacks]) as number;
      const guess = released[nearestTo(found, query)[0] as number] as number;
      if (isRight(guess, truth, isNumber)) right[query] = 1;
      if (query < attacks && isRight(released[stream.integer(released.length)] as number, truth, isNumber)) baseline++;
    }
    out.push({ secret, attacks, right, distance: found.distance, baseline });
  }
  return out;
}

/** The declared sensitive columns, or a few columns, the same under every seed. */
function secretsOf(names: readonly string[], input: MetricInput): readonly string[] {
  const declared = input.purpose.sensitive.filter((name) => names.includes(name));
  if (declared.length > 0) return declared;
  const { target } = input.purpose;
  const order = input.random.split("secrets").shuffle(Uint32Array.from(names.keys()));
  const chosen = Array.from(order, (i) => names[i] as string).filter((name) => name !== target);
  const first = target !== undefined && names.includes(target) ? [target] : [];
  return [...first, ...chosen].slice(0, MAX_SECRETS);
}

function isRight(guess: number, truth: number, isNumber: boolean): boolean {
  if (Number.isNaN(guess) || Number.isNaN(truth)) return Number.isNaN(guess) && Number.isNaN(truth);
  return isNumber ? Math.abs(guess - truth) <= TOLERANCE * Math.abs(truth) : guess === truth;
}
