import { type Bench, having, type Line, type PartResult, runFresh, troubleOf } from "../bench.ts";
import { resultOf } from "../ours.ts";
import { shapeOf } from "../shapes.ts";

const POISONED = [17, 203, 311];

/** A few questions that are never answered in the form asked for, however they are put. */
export async function poison(bench: Bench): Promise<readonly PartResult[]> {
  const rows = bench.quick ? 500 : 2000;
  const lines: Line[] = [];
  const measured: unknown[] = [];
  for (const contender of having(bench, "structured")) {
    const ran = await runFresh(bench, contender, {
      name: "poison",
      behaviour: { latency: "fixed:50", poison: POISONED.map((id) => `item ${String(id).padStart(6, "0")}`).join(",") },
      shape: shapeOf("structured"),
      rows,
      concurrency: 64,
    });
    const own = contender.kind === "ours" ? resultOf(ran.measured) : undefined;
    const named = new Set(own?.summary.rejections.flatMap(({ examples }) => examples.map((each) => each.sourceIndex)));
    lines.push({
      who: contender.title,
      calls: ran.stats.calls,
      "rows delivered": ran.delivered?.good ?? 0,
      "rows named": own ? `${POISONED.filter((id) => named.has(id)).length} of ${POISONED.length}` : "–",
      "rules failed": own
        ? own.decision.rules
            .filter(({ outcome }) => outcome === "fail")
            .map(({ rule }) => rule)
            .join(", ")
        : "–",
      end: ran.measured.outcome === "ended" ? `exit ${ran.measured.exitCode}` : (troubleOf(ran) ?? ""),
    });
    measured.push({
      name: contender.name,
      stats: ran.stats,
      exitCode: ran.measured.exitCode,
      delivered: ran.delivered,
    });
    bench.say(`poison, ${contender.title}: ${ran.delivered?.good ?? 0} rows`);
  }
  return [
    {
      title: "Poison",
      caption: `${rows} objects × 1 call at 50 ms, 64 at a time; ${POISONED.length} of the questions are answered in plain words whatever is asked. What is delivered of the other ${rows - POISONED.length}.`,
      lines,
      measured,
    },
  ];
}
