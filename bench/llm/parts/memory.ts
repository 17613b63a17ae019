import { type Bench, having, type Line, type PartResult, runFresh, troubleOf } from "../bench.ts";
import { shapeOf } from "../shapes.ts";

/** Peak memory of many rows: ours as they grow to a million, the others at a number that they finish in minutes. */
export async function memory(bench: Bench): Promise<readonly PartResult[]> {
  const most = bench.numbers("rows", bench.quick ? 20_000 : 1_000_000);
  const theirs = bench.numbers("peer-rows", bench.quick ? 2000 : 20_000);
  const lines: Line[] = [];
  const measured: unknown[] = [];
  for (const contender of having(bench, "text")) {
    const sizes = contender.kind === "ours" ? [most / 100, most / 10, most] : [theirs];
    for (const rows of sizes) {
      const ran = await runFresh(bench, contender, {
        name: "memory",
        behaviour: { latency: "fixed:0" },
        shape: shapeOf("text"),
        rows,
        concurrency: 256,
        timeoutSeconds: contender.kind === "ours" ? 3600 : 300,
      });
      const { wallSeconds, cpuSeconds, megabytes, memory: looks } = ran.measured;
      lines.push({
        who: contender.title,
        rows,
        "peak MB": Math.round(megabytes),
        "MB at a quarter, half, three quarters": [0.25, 0.5, 0.75]
          .map((share) => Math.round(sizeAt(looks, share * wallSeconds)))
          .join(", "),
        "wall s": Math.round(wallSeconds),
        "CPU ms a row": ((1000 * cpuSeconds) / rows).toFixed(2),
        "calls/s": Math.round(ran.stats.callsPerSecond),
        "endpoint CPU s": Math.round(ran.stats.server.cpuSeconds),
        end: troubleOf(ran) ?? `${ran.delivered?.good} rows`,
      });
      measured.push({ name: contender.name, rows, wallSeconds, cpuSeconds, megabytes, looks, stats: ran.stats });
      bench.say(
        `memory, ${contender.title}, ${rows} rows: ${Math.round(megabytes)} MB in ${Math.round(wallSeconds)} s`,
      );
    }
  }
  return [
    {
      title: "Memory",
      caption:
        "One call a row, answered at once, 256 at a time. Peak of the proportional set size of all processes, looked at twice a second.",
      lines,
      measured,
    },
  ];
}

function sizeAt(looks: readonly (readonly [number, number])[], seconds: number): number {
  return looks.findLast(([at]) => at <= seconds)?.[1] ?? 0;
}
