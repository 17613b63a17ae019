import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, having, type Line, type PartResult, runFresh, runJob, troubleOf } from "../bench.ts";
import type { Contender } from "../contenders.ts";
import { forgetBundle, rowsOf } from "../ours.ts";
import { shapeOf } from "../shapes.ts";

/** One topic of many is changed, and the same program is run again. */
export async function edit(bench: Bench): Promise<readonly PartResult[]> {
  const rows = bench.quick ? 500 : 2000;
  const edited = rows / 2;
  const lines: Line[] = [];
  const measured: unknown[] = [];
  for (const contender of having(bench, "text")) {
    const how = { shape: shapeOf("text"), rows, concurrency: 64 };
    const first = await runFresh(bench, contender, { ...how, name: "edit", behaviour: { latency: "fixed:50" } });
    const before = first.delivered ? cellOf(contender, first.folder, edited) : undefined;
    if (contender.kind === "ours") forgetBundle(first.folder);
    await bench.endpoint.start({ latency: "fixed:50" });
    const job = { ...how, folder: first.folder, baseUrl: bench.endpoint.baseUrl, resume: true, edit: edited };
    const second = await runJob(bench, contender, job, { timeoutSeconds: 60 });
    const after = second.delivered ? cellOf(contender, first.folder, edited) : undefined;
    lines.push({
      who: contender.title,
      "calls again": second.stats.calls,
      "the edited row": after === undefined ? "none" : after === before ? "stale, silently" : "fresh",
      rows: second.delivered?.good ?? 0,
      end: troubleOf(second) ?? "well",
    });
    measured.push({ name: contender.name, stats: second.stats, delivered: second.delivered, before, after });
    bench.say(`edit, ${contender.title}: ${second.stats.calls} calls`);
  }
  return [
    {
      title: "One row edited",
      caption: `${rows} rows × 1 call, run; then the topic of one is changed and the same program is run again as its documentation says one goes on.`,
      lines,
      measured,
    },
  ];
}

function cellOf(contender: Contender, folder: string, id: number): string | undefined {
  const rows =
    contender.kind === "ours"
      ? rowsOf(folder)
      : readFileSync(join(folder, "rows.jsonl"), "utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line) as { readonly id: number; readonly a: unknown });
  const row = rows.find((each) => each.id === id);
  return row && JSON.stringify(row.a);
}
