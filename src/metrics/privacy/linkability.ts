import { type Table, takeRows } from "../../data/table.ts";
import type { Metric, MetricInput, Trial } from "../metric.ts";
import { attackScore, type Guesses } from "./attack-score.ts";
import { nearestOn, nearestTo } from "./nearest-synthetic.ts";
import { runRandom } from "./singling-out.ts";

/** People asked about on each side, per run. */
const ATTACKS = 1000;

/** Whether two halves of what is known of a person lead to the same synthetic row. */
export const linkability: Metric = {
  name: "linkability",
  title: "Linkability",
  family: "privacy",
  better: "lower",
  range: [0, 1],
  source: "Giomi et al. (2023), PoPETs 2023(2)",
  definitionVersion: 1,
  explains:
    "Somebody holds two tables about the same people, with different columns, and links them through the synthetic rows: how often both halves of a training person have the same nearest synthetic row, beyond how often that is so for people never seen.",
  measure: (input) =>
    attackScore(linkability, input, {
      control: 0.1,
      attack: async (trial, seed) => new Map([["two halves", await link(trial, seed, input)]]),
    }),
};

async function link(trial: Trial, seed: number, input: MetricInput): Promise<Guesses> {
  const random = runRandom(input, seed);
  const [known, others] = halves(trial, seed, input);
  const attacks = Math.min(ATTACKS, trial.train.rows, trial.holdout.rows);
  if (known.length === 0 || others.length === 0 || trial.synthetic.rows === 0)
    return { attacks: 0, members: 0, nonMembers: 0 };
  const chosen = (table: Table, label: string): Table =>
    takeRows(table, random.split(label).sample(table.rows, attacks));
  const queries = [chosen(trial.train, "members"), chosen(trial.holdout, "non-members")];
  const tables = { pool: trial.synthetic, queries, trial };
  const a = await nearestOn(known, tables, input);
  const b = await nearestOn(others, tables, input);
  const counts = [0, 0] as [number, number];
  for (let query = 0; query < 2 * attacks; query++) {
    const rows = nearestTo(a, query);
    if (nearestTo(b, query).some((row) => rows.includes(row))) counts[query < attacks ? 0 : 1]++;
  }
  return { attacks, members: counts[0], nonMembers: counts[1] };
}

/** Quasi-identifiers against the rest where they were declared, else random halves. */
function halves(trial: Trial, seed: number, input: MetricInput): readonly [readonly string[], readonly string[]] {
  const names = trial.train.columns.map(({ name }) => name);
  const { quasiIdentifiers } = input.purpose;
  const known = names.filter((name) => quasiIdentifiers.includes(name));
  if (known.length > 0) return [known, names.filter((name) => !known.includes(name))];
  const order = input.random.split("halves").split(seed).shuffle(Uint32Array.from(names.keys()));
  const shuffled = Array.from(order, (i) => names[i] as string);
  return [shuffled.slice(0, names.length >> 1), shuffled.slice(names.length >> 1)];
}
