import { z } from "zod";
import { concatRows, type Table, takeRows } from "../data/table.ts";
import { InvalidData, throwIfCancelled } from "../errors.ts";
import type { Random } from "../random.ts";
import { fitCodec } from "../schema/encode.ts";
import { type Candidate, candidates } from "./auto/candidates.ts";
import { chooseTrial, type Trial } from "./auto/choose-trial.ts";
import { trialScorer } from "./auto/trial-score.ts";
import type { FitOptions, Fitted, FittedRecord, Synthesizer } from "./synthesizer.ts";

const autoOptions = z.strictObject({
  budgetSeconds: z
    .number()
    .min(0)
    .default(30)
    .describe("Processor seconds, as estimated from rows and columns, that trials may take; 0: no trials."),
  trialRows: z.int().min(200).default(16_000).describe("Most training rows that trials use, a quarter of them unseen."),
  target: z.string().optional().describe("The column that people will predict from the others."),
});

export type AutoOptions = z.infer<typeof autoOptions>;

/** Tries several synthesizers on a part of the training rows, scores what they draw against the rest, and fits the best one to all of them. */
export const auto: Synthesizer<AutoOptions> = {
  name: "auto",
  title: "The best of several, by trial",
  modality: "table",
  guarantee: "none",
  assurance: "tested",
  source: {
    authors: "Lopez-Paz & Oquab",
    title: "Revisiting classifier two-sample tests (ICLR), on rows put aside inside the training rows",
    year: 2017,
  },
  options: autoOptions,
  fit,
  load,
};

/** Fewer rows than these tell nothing of a choice. */
const FEWEST_ROWS = 2000;

async function fit(table: Table, fitOptions: FitOptions<AutoOptions>): Promise<Fitted> {
  const { options, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const first = candidates[0] as Candidate;
  const rows = Math.min(table.rows, options.trialRows);
  const tried = withinBudget({ rows, columns: table.columns.length, budgetSeconds: options.budgetSeconds });
  if (table.rows < FEWEST_ROWS || tried.length < 2) {
    const fitted = await fitCandidate(first, table, fitOptions);
    const because =
      table.rows < FEWEST_ROWS
        ? `${table.rows} rows are too few to try others`
        : `others would take more than ${options.budgetSeconds} seconds to try`;
    return chosen(fitted, [`Synthesizer chosen: ${first.synthesizer.name}, untried: ${because}.`]);
  }
  const { trials, left } = await runTrials(table, tried, fitOptions);
  const best = chooseTrial(trials);
  progress?.(0, 1, `fit of ${best.name}`);
  const candidate = candidates.find(({ synthesizer }) => synthesizer.name === best.name) as Candidate;
  const fitted = await fitCandidate(candidate, table, fitOptions);
  return chosen(fitted, [
    `Synthesizer chosen: ${best.name}. ${best.because}`,
    ...trials.map(
      ({ name, score }) =>
        `Tried on ${rows} training rows: ${name}: two-sample score ${score.twoSample.toFixed(3)} (s.e. ${score.standardError.toFixed(3)}), ${(100 * score.nearer).toFixed(1)} % of its rows nearer to rows it had seen${score.auc === undefined ? "" : `, AUC of the target ${score.auc.toFixed(3)}`}.`,
    ),
    ...left.map((name) => `Not tried, for time: ${name}.`),
  ]);
}

/** The candidates whose trials fit into the budget together, in their order; the first always. */
function withinBudget(size: {
  readonly rows: number;
  readonly columns: number;
  readonly budgetSeconds: number;
}): readonly Candidate[] {
  let left = size.budgetSeconds;
  return candidates.filter((candidate, i) => {
    const cost = candidate.seconds(size.rows, size.columns);
    if (i > 0 && cost > left) return false;
    left -= cost;
    return true;
  });
}

async function runTrials(
  table: Table,
  tried: readonly Candidate[],
  fitOptions: FitOptions<AutoOptions>,
): Promise<{ readonly trials: readonly Trial[]; readonly left: readonly string[] }> {
  const { schema, options, executor, signal, progress } = fitOptions;
  const random = fitOptions.random.split("trials");
  const rows = random.split("rows").sample(table.rows, Math.min(table.rows, options.trialRows));
  const [learned, put] = parted(rows, random.split("parts"));
  const train = takeRows(table, learned);
  const unseen = takeRows(table, put);
  const score = trialScorer(
    { train, unseen },
    { codec: fitCodec(train, schema), target: options.target, random: random.split("score"), executor, signal },
  );
  const trials: Trial[] = [];
  for (const candidate of tried) {
    throwIfCancelled(signal);
    progress?.(trials.length, tried.length + 1, `trials (${candidate.synthesizer.name})`);
    const own = random.split(candidate.synthesizer.name);
    const { progress: _, ...quiet } = fitOptions;
    const fitted = await fitCandidate(candidate, train, { ...quiet, random: own });
    const drawn: Table[] = [];
    for await (const chunk of fitted.sample(train.rows, { random: own.split("sample"), executor, signal }))
      drawn.push(chunk);
    trials.push({ name: candidate.synthesizer.name, score: await score(concatRows(drawn)) });
  }
  const left = candidates.filter((candidate) => !tried.includes(candidate)).map(({ synthesizer }) => synthesizer.name);
  return { trials, left };
}

/** Three quarters of the rows, and the rest. */
function parted(rows: Uint32Array, random: Random): readonly [Uint32Array, Uint32Array] {
  const order = random.shuffle(rows.slice());
  const cut = Math.floor(0.75 * rows.length);
  return [order.slice(0, cut).sort(), order.slice(cut).sort()];
}

function fitCandidate(candidate: Candidate, table: Table, how: FitOptions<AutoOptions>): Promise<Fitted> {
  const { synthesizer } = candidate;
  return synthesizer.fit(table, {
    ...how,
    options: synthesizer.options.parse({}),
    random: how.random.split("fit").split(synthesizer.name),
  });
}

const FORMAT = "counterfoil-auto/1";

function chosen(fitted: Fitted, notes: readonly string[]): Fitted {
  return {
    ...fitted,
    notes: [...notes, ...fitted.notes],
    save() {
      const { synthesizer, header, arrays } = fitted.save();
      return { synthesizer: "auto", header: { format: FORMAT, by: synthesizer, chosen: header, notes }, arrays };
    },
  };
}

function load(record: FittedRecord): Fitted {
  const { format, by, chosen: header, notes } = record.header;
  const candidate = candidates.find(({ synthesizer }) => synthesizer.name === by);
  if (record.synthesizer !== "auto" || format !== FORMAT || !candidate)
    throw new InvalidData(
      "bad-model",
      `The model is in the format "${String(format)}"; this version of counterfoil reads "${FORMAT}".`,
      { advice: "Fit and save it again." },
    );
  const own = { synthesizer: String(by), header: header as FittedRecord["header"], arrays: record.arrays };
  return chosen(candidate.synthesizer.load(own), notes as readonly string[]);
}
