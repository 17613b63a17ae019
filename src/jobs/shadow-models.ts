import { selectColumns, type Table, takeRows } from "../data/table.ts";
import { InvalidArgument, throwIfCancelled } from "../errors.ts";
import type { ShadowRun, Shadows } from "../metrics/metric.ts";
import { mostIsolated } from "../metrics/privacy/most-isolated.ts";
import { FEWEST_SHADOWS } from "../metrics/privacy/shadow-models.ts";
import type { Random } from "../random.ts";
import type { TableSchema } from "../schema/schema.ts";
import type { JobEvents } from "./job.ts";

/** People that are attacked. */
const TARGETS = 20;

/** More would fill the memory with their tables, and tell hardly more. */
const MOST_SHADOWS = 128;

/** Says that a number of shadow models cannot be made.
 * @throws {InvalidArgument} not an even number from 16 to 128 */
export function checkShadowModels(count: number | undefined): void {
  if (count === undefined) return;
  if (Number.isInteger(count) && count % 2 === 0 && count >= FEWEST_SHADOWS && count <= MOST_SHADOWS) return;
  throw new InvalidArgument(
    "bad-shadow-models",
    `Got ${count} shadow models; want an even number from ${FEWEST_SHADOWS} to ${MOST_SHADOWS}, for they come in pairs of halves.`,
    { advice: `Give --shadow-models ${FEWEST_SHADOWS}; each of them is a fit of its own.` },
  );
}

/** Runs the whole procedure on random halves of the real people, in pairs of halves that have nobody in common, and tells which of the most isolated
 * training people was in which.
 * @param table all real rows
 * @param fit the procedure: real rows → synthetic rows
 * @param options candidates: the training rows, of which the most isolated are attacked; columns: those that are judged; entities: whose each row is,
 *   they stay together */
export async function runShadowModels(
  table: Table,
  fit: (train: Table, random: Random) => Promise<Table>,
  options: {
    readonly count: number;
    readonly candidates: Uint32Array;
    readonly columns: readonly string[];
    readonly schema: TableSchema;
    readonly entities: Int32Array | undefined;
    readonly random: Random;
    readonly events: JobEvents;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Shadows> {
  const { count, candidates, columns, schema, random, events, signal } = options;
  checkShadowModels(count);
  events.phase?.("shadow models", `${count} refits on halves of the people`);
  const judged = selectColumns(table, columns);
  const targets = mostIsolated(judged, {
    candidates,
    count: TARGETS,
    entities: options.entities,
    schema,
    random: random.split("targets"),
  });
  const entities = options.entities ?? Int32Array.from({ length: table.rows }, (_, i) => i);
  const attacked = targets.map((row) => entities[row] as number);
  const runs: ShadowRun[] = [];
  for (let pair = 0; pair < count / 2; pair++) {
    const inFirst = halfOf(entities, attacked, random.split("halves").split(pair));
    for (const half of [1, 0]) {
      throwIfCancelled(signal);
      const rows = Uint32Array.from({ length: table.rows }, (_, i) => i).filter(
        (row) => inFirst[entities[row] as number] === half,
      );
      const synthetic = await fit(takeRows(table, rows), random.split("fit").split(runs.length));
      runs.push({
        member: Uint8Array.from(attacked, (entity) => (inFirst[entity] === half ? 1 : 0)),
        synthetic: selectColumns(synthetic, columns),
      });
      events.progress?.(runs.length, count, "shadow models");
    }
  }
  return { targets: takeRows(judged, Uint32Array.from(targets)), runs };
}

/** 1 for each entity that falls into the first half. A fair coin decides for each that is attacked, so that the coins can be thrown anew to see what
 * chance does; the others make the halves equal. */
function halfOf(entities: Int32Array, attacked: readonly number[], random: Random): Uint8Array {
  const count = entities.reduce((most, entity) => Math.max(most, entity + 1), 0);
  const out = new Uint8Array(count);
  let first = 0;
  for (const entity of attacked) {
    out[entity] = random.integer(2);
    first += out[entity] as number;
  }
  const isAttacked = new Set(attacked);
  const others = random.shuffle(Uint32Array.from({ length: count }, (_, i) => i).filter((i) => !isAttacked.has(i)));
  for (const entity of others.subarray(0, Math.max(0, (count >> 1) - first))) out[entity] = 1;
  return out;
}
