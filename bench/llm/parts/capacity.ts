import { type Bench, having, median, type PartResult, type Ran, runFresh, spread, troubleOf } from "../bench.ts";
import type { Contender } from "../contenders.ts";
import { shapeOf } from "../shapes.ts";

const LATENCY_MS = 500;
const CONCURRENCY = 64;
/** Seconds from the first call, and requests in flight that the endpoint bears from then on. */
const LIMITS = [
  [0, 64],
  [5, 16],
  [20, 64],
] as const;

/** The endpoint bears 64 requests at a time, then 16, then 64 again; whatever is more gets a 429 with `Retry-After: 1`. */
export async function capacity(bench: Bench): Promise<readonly PartResult[]> {
  const rows = bench.quick ? 800 : 2000;
  const rounds = bench.numbers("rounds", bench.quick ? 1 : 3);
  const behaviour = { latency: `fixed:${LATENCY_MS}`, capacity: LIMITS.map((pair) => pair.join(":")).join(",") };
  const contenders = having(bench, "text");
  const all = new Map<Contender, Ran[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++)
    for (const contender of contenders) {
      if (contender.kind !== "ours" && round > 0) continue; // theirs takes minutes
      const how = { name: "capacity", behaviour, shape: shapeOf("text"), rows, concurrency: CONCURRENCY };
      const ran = await runFresh(bench, contender, { ...how, timeoutSeconds: 240 });
      all.get(contender)?.push(ran);
      bench.say(`capacity, ${contender.title}: ${ran.stats.seconds.toFixed(1)} s`);
    }
  const ideal = idealOf(rows);
  return [
    {
      title: "Capacity 64 → 16 → 64",
      caption:
        `${rows} rows × 1 call at ${LATENCY_MS} ms, ${CONCURRENCY} at a time; the limit falls at 5 s and returns at 20 s; 429 with Retry-After: 1. ` +
        `Ideal ${ideal.toFixed(1)} s, first request to last answer. Ours: median of ${rounds} (smallest–largest); the others once.`,
      lines: [...all].map(([contender, runs]) => ({
        who: contender.title,
        "429s": Math.round(median(runs.map(({ stats }) => stats.status["429"] ?? 0))),
        "wasted %": spread(
          runs.map(({ stats }) => (100 * (stats.status["429"] ?? 0)) / Math.max(1, stats.calls)),
          1,
        ),
        "calls s": spread(
          runs.map(({ stats }) => stats.seconds),
          1,
        ),
        "÷ ideal": spread(
          runs.map(({ stats }) => stats.seconds / ideal),
          2,
        ),
        "rows lost": Math.max(...runs.map(({ delivered }) => rows - (delivered?.good ?? 0))),
        end: runs.map(troubleOf).find((text) => text !== undefined) ?? "well",
      })),
      measured: [...all].map(([{ name }, runs]) => ({
        name,
        runs: runs.map(({ stats, measured, delivered }) => ({ stats, wallSeconds: measured.wallSeconds, delivered })),
      })),
    },
  ];
}

/** Seconds that as many calls take when every place is used and none is asked for in vain. */
function idealOf(rows: number): number {
  const seconds = LATENCY_MS / 1000;
  let left = rows;
  for (const [i, [at, limit]] of LIMITS.entries()) {
    const until = LIMITS[i + 1]?.[0] ?? Number.POSITIVE_INFINITY;
    const rate = Math.min(limit, CONCURRENCY) / seconds;
    if (left <= (until - at) * rate) return at + left / rate;
    left -= (until - at) * rate;
  }
  return Number.POSITIVE_INFINITY;
}
