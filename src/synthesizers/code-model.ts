import { sliceRows, type Table, tableOf } from "../data/table.ts";
import { InvalidArgument, InvalidData } from "../errors.ts";
import { type Executor, runAll, type Task } from "../executors/executor.ts";
import { type CodeEvidence, noEvidence } from "../learners/code-rows.ts";
import { concatenated, totalLength } from "../math/concatenated.ts";
import type { ColumnCondition } from "../schema/column-condition.ts";
import { columnFrom } from "./cells/column-from.ts";
import type { ColumnPlan } from "./cells/columns.ts";
import { conditionsOf } from "./cells/conditions.ts";
import type { Cells } from "./cells/draw-cells.ts";
import { knownCellsOf } from "./cells/known-cells.ts";
import { piecesOf } from "./cells/pieces.ts";
import { withGiven } from "./cells/with-given.ts";
import { type DrawData, type Drawn, type LearnerFunctions, logEvidence } from "./draw-task.ts";
import { inSharedMemory, pack, unpack } from "./pack.ts";
import { CHUNK_ROWS, type Fitted, type FittedRecord } from "./synthesizer.ts";

/** A learned distribution of rows of codes, and how codes become cells. Plain data. */
export interface CodeModel {
  readonly plans: readonly ColumnPlan[];
  /** What the learner's `fit` gave. */
  readonly model: unknown;
  readonly options: unknown;
  readonly notes: readonly string[];
  readonly conditions: Fitted["conditions"];
}

/** Who made a record, and of which version of the format. */
export interface Maker {
  readonly synthesizer: string;
  /** Raised when a record's meaning changes: an older one is then refused. */
  readonly version: number;
  readonly learner: LearnerFunctions;
}

const drawModule = new URL("./draw-task.js", import.meta.url).href;

/** A learned model of codes as something that can be sampled, asked and saved. */
export function fittedCodes(maker: Maker, fitted: CodeModel): Fitted {
  const { learner } = maker;
  const { plans, conditions: met } = fitted;
  const model = inSharedMemory(fitted.model);
  const taskOf = (rows: number, data: Pick<DrawData, "conditions" | "evidence" | "key">): Task => ({
    module: drawModule,
    name: "drawChunk",
    data: { learner, model, plans, rows, ...data } satisfies DrawData,
  });
  const probability = (weights: readonly (Float64Array | undefined)[]): Promise<Float64Array> =>
    logEvidence({ learner, model, evidence: { weights }, rows: 1 });
  return {
    notes: fitted.notes,
    conditions: met,
    save: () => recordOf(maker, { ...fitted, model }),
    async *sample(rows, { random, executor, signal, where = [], onAcceptance }) {
      const { conditions, weights } = conditionsOf(plans, where);
      if (where.length > 0 && learner.logEvidence !== undefined && (await probability(weights))[0] === -Infinity)
        throw new InvalidArgument("impossible-condition", "No row can meet all conditions at once.", {
          advice: "Ask for less, or for fewer columns.",
        });
      const evidence: CodeEvidence = where.length > 0 ? { weights } : noEvidence;
      const tasks = (function* (): Iterable<Task> {
        for (let chunk = 0; chunk * CHUNK_ROWS < rows; chunk++)
          yield taskOf(Math.min(CHUNK_ROWS, rows - chunk * CHUNK_ROWS), {
            conditions,
            evidence,
            key: random.split(chunk).key,
          });
      })();
      let done = 0;
      for await (const { cells, drawn, kept } of executor.run<Drawn>(tasks, { signal })) {
        onAcceptance?.(kept, drawn);
        const wanted = Math.min(CHUNK_ROWS, rows - done);
        if (kept < wanted) throw tooFew(done + kept, { rows, rate: kept / drawn });
        done += kept;
        yield tableOf(plans.map((plan, j) => columnFrom(plan, cells[j] as Cells)));
      }
    },
    async complete(table, { random, executor, signal }) {
      const weights = plans.map(presentOnly);
      const tasks: Task[] = [];
      for (let start = 0; start < table.rows; start += CHUNK_ROWS) {
        const part = sliceRows(table, start, Math.min(table.rows, start + CHUNK_ROWS));
        const given = knownCellsOf(part, plans);
        const key = random.split("complete").split(start / CHUNK_ROWS).key;
        tasks.push(taskOf(part.rows, { conditions: [], evidence: { weights, given }, key }));
      }
      const parts = await runAll<Drawn>(executor, tasks, { signal });
      const drawn = plans.map((plan, j) => columnFrom(plan, joined(plan, parts, j)));
      return withGiven(tableOf(drawn, table.rows), table);
    },
    ...(learner.logEvidence === undefined
      ? {}
      : {
          logLikelihood: (
            table: Table,
            { executor, signal }: { executor: Executor; signal?: AbortSignal | undefined },
          ) => logLikelihoodOf(table, { plans, learner, model, executor, signal }),
          probability: async (where: readonly ColumnCondition[]) =>
            Math.exp((await probability(conditionsOf(plans, where).weights))[0] as number),
        }),
  };
}

/** A saved model of codes, ready again.
 * @throws {InvalidData} it is of another synthesizer or version, or lacks something */
export function loadCodes(maker: Maker, record: FittedRecord): Fitted {
  return fittedCodes(maker, contentOf(maker, record) as CodeModel);
}

/** What a maker's record holds.
 * @throws {InvalidData} it is of another synthesizer or version, or lacks something */
export function contentOf(maker: Pick<Maker, "synthesizer" | "version">, record: FittedRecord): unknown {
  if (record.synthesizer !== maker.synthesizer)
    throw new InvalidData(
      "bad-model",
      `The model was made by "${record.synthesizer}", and "${maker.synthesizer}" was asked to read it.`,
    );
  const { format, content } = record.header;
  if (format !== formatOf(maker))
    throw new InvalidData(
      "bad-model",
      `The model is in the format "${String(format)}"; this version of counterfoil reads "${formatOf(maker)}".`,
      { advice: "Fit and save it again." },
    );
  return unpack({ header: content, arrays: record.arrays });
}

/** A maker's record of plain data. */
export function recordOf(maker: Pick<Maker, "synthesizer" | "version">, content: unknown): FittedRecord {
  const { header, arrays } = pack(content);
  return { synthesizer: maker.synthesizer, header: { format: formatOf(maker), content: header }, arrays };
}

function formatOf({ synthesizer, version }: Pick<Maker, "synthesizer" | "version">): string {
  return `counterfoil-${synthesizer}/${version}`;
}

/** Too few rows met the conditions. */
export function tooFew(kept: number, { rows, rate }: { readonly rows: number; readonly rate: number }): InvalidData {
  return new InvalidData(
    "too-few-rows",
    `Only ${kept.toLocaleString("en-US")} of ${rows.toLocaleString("en-US")} rows met the conditions; ${rate === 0 ? "none was kept" : `${(100 * rate).toPrecision(2)} % of those drawn were kept`} at last.`,
    { advice: 'Ask for less, or take a synthesizer that draws under conditions exactly, such as "circuit".' },
  );
}

async function logLikelihoodOf(
  table: Table,
  how: {
    readonly plans: readonly ColumnPlan[];
    readonly learner: LearnerFunctions;
    readonly model: unknown;
    readonly executor: Executor;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Float64Array> {
  const { plans, learner, model, executor, signal } = how;
  const tasks: Task[] = [];
  for (let start = 0; start < table.rows; start += CHUNK_ROWS) {
    const part = sliceRows(table, start, Math.min(table.rows, start + CHUNK_ROWS));
    const { codes } = knownCellsOf(part, plans);
    const known = codes.map((column) => new Uint8Array(column.length).fill(1));
    tasks.push({
      module: drawModule,
      name: "logEvidence",
      data: { learner, model, rows: part.rows, evidence: { weights: [], given: { codes, known } } },
    });
  }
  const parts = await runAll<Float64Array>(executor, tasks, { signal });
  return concatenated(parts, new Float64Array(table.rows));
}

/** A cell that is to be filled is not missing, unless the column knows nothing else. */
function presentOnly(plan: ColumnPlan): Float64Array | undefined {
  const { weights } = piecesOf(plan);
  weights.fill(0, 0, plan.codec.missing.length);
  return weights.some((weight) => weight > 0) ? weights : undefined;
}

function joined(plan: ColumnPlan, parts: readonly Drawn[], j: number): Cells {
  const own = parts.map(({ cells }) => (cells[j] as Cells).cells);
  const rows = totalLength(own);
  return {
    cells:
      plan.type === "text"
        ? concatenated(own as Int32Array[], new Int32Array(rows))
        : concatenated(own as Float64Array[], new Float64Array(rows)),
  };
}
