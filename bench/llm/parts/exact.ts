import { type Bench, having, type Line, type PartResult, runFresh, troubleOf } from "../bench.ts";
import { type OwnJob, resultOf, rowsOf } from "../ours.ts";
import { shapeOf } from "../shapes.ts";

const MOST = 7;

/** Exactly so many accepted rows, where a check rejects 30 %. Raw clients and two of the pipelines have nothing for it. */
export async function exact(bench: Bench): Promise<readonly PartResult[]> {
  const wanted = bench.quick ? 200 : 1000;
  const lines: Line[] = [];
  const measured: unknown[] = [];
  for (const contender of having(bench, "scored").concat(bench.contenders.filter(({ name }) => LOOPS.has(name)))) {
    if (contender.kind === "raw") continue;
    const own = contender.kind === "ours";
    const ran = await runFresh(bench, contender, {
      name: "exact",
      behaviour: { latency: "fixed:50" },
      shape: shapeOf("scored"),
      rows: wanted,
      concurrency: 64,
      ...(own && ({ accepted: wanted, check: `a.score <= ${MOST}` } satisfies Partial<OwnJob>)),
    });
    const summary = own ? resultOf(ran.measured).summary : undefined;
    const bad =
      own && ran.delivered
        ? rowsOf(ran.folder).filter(({ a }) => (a as { score: number }).score > MOST).length
        : undefined;
    lines.push({
      who: contender.title,
      how: own ? "one run" : (LOOPS.get(contender.name) as string),
      "rows delivered": ran.delivered?.good ?? 0,
      calls: ran.stats.calls,
      distinct: ran.stats.distinct,
      attempts: summary?.attempts ?? "–",
      "against the check": bad ?? "–",
      end: troubleOf(ran) ?? "well",
    });
    measured.push({ name: contender.name, stats: ran.stats, delivered: ran.delivered, summary });
    bench.say(`exact, ${contender.title}: ${ran.delivered?.good ?? 0} rows, ${ran.stats.calls} calls`);
  }
  return [
    {
      title: `Exactly ${wanted}, 30 % rejected`,
      caption: `Rows are wanted whose score is at most ${MOST} of 10. The pipelines' loops are ours to write: ask for as many as should do, count, ask for more, cut.`,
      lines,
      measured,
    },
  ];
}

/** How the loop of a runner goes on. */
const LOOPS: ReadonlyMap<string, string> = new Map([
  ["data-designer", "a loop by hand: extends the run"],
  ["curator", "a loop by hand: new rows in a new run"],
]);
