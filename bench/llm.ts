import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench, PartResult } from "./llm/bench.ts";
import { type Contender, PEERS } from "./llm/contenders.ts";
import { openEndpoint } from "./llm/endpoint.ts";
import { OURS } from "./llm/ours.ts";
import { capacity } from "./llm/parts/capacity.ts";
import { edit } from "./llm/parts/edit.ts";
import { exact } from "./llm/parts/exact.ts";
import { faults } from "./llm/parts/faults.ts";
import { kill } from "./llm/parts/kill.ts";
import { memory } from "./llm/parts/memory.ts";
import { overhead, shapes } from "./llm/parts/overhead.ts";
import { poison } from "./llm/parts/poison.ts";
import { flagsOf, printTable } from "./measure.ts";
import { hasFailed, kept } from "./private/kept.ts";

const PARTS: Readonly<Record<string, (bench: Bench) => Promise<readonly PartResult[]>>> = {
  overhead,
  shapes,
  capacity,
  kill,
  faults,
  poison,
  edit,
  exact,
  memory,
};

/** The language-model engine, bare clients and four pipelines against one deterministic endpoint, on the loopback, in a process of its own. Linux only. What is measured is kept
 * under `--out`. Flags: --parts=overhead,… --peers=undici,…|none --ours=no --rounds=3 --kills=20 --peer-kills=3 --rows=1000000 (memory) --reuse (run only what is
 * not kept) --print (run nothing) --out=. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = flagsOf(options.flags);
  const has = (name: string): boolean => options.flags?.includes(name) ?? false;
  const names = chosen("parts", flag("parts"), Object.keys(PARTS));
  const peers =
    flag("peers") === "none"
      ? []
      : chosen(
          "peers",
          flag("peers"),
          PEERS.map(({ name }) => name),
        );
  const keeping = { folder: flag("out") ?? join("out", "bench-llm"), reuse: has("--reuse"), print: has("--print") };
  const say = (text: string): void => console.error(`  ${text}`);
  const work = mkdtempSync(join(tmpdir(), "counterfoil-llm-"));
  const endpoint = keeping.print ? undefined : await openEndpoint(work);
  try {
    const contenders = keeping.print
      ? []
      : prepared([...(flag("ours") === "no" ? [] : [OURS]), ...PEERS.filter(({ name }) => peers.includes(name))], say);
    const results: Record<string, unknown> = {};
    for (const name of names) {
      mkdirSync(join(work, name));
      const outcome = await kept(name, keeping, () =>
        (PARTS[name] as (typeof PARTS)[string])({
          endpoint: endpoint as NonNullable<typeof endpoint>,
          contenders,
          quick: options.quick,
          folder: join(work, name),
          numbers: (wanted, otherwise) => Number(flag(wanted) ?? otherwise),
          say,
        }),
      );
      rmSync(join(work, name), { recursive: true, force: true });
      if (outcome === undefined) continue;
      results[name] = outcome;
      if (options.json) continue;
      if (hasFailed(outcome)) console.log(`\n${name}: ${outcome.failed}`);
      else for (const result of outcome) show(result);
    }
    if (options.json) console.log(JSON.stringify(results, null, 2));
  } finally {
    await endpoint?.close();
    rmSync(work, { recursive: true, force: true });
  }
}

function show({ title, caption, lines }: PartResult): void {
  if (lines.length === 0) return;
  console.log(`\n**${title}.** ${caption}\n`);
  printTable(lines, false);
}

function chosen(what: string, given: string | undefined, all: readonly string[]): readonly string[] {
  const wanted = given?.split(",") ?? all;
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`--${what}: there is no ${unknown.join(", ")}; there are ${all.join(", ")}.`);
  return wanted;
}

function prepared(contenders: readonly Contender[], say: (text: string) => void): readonly Contender[] {
  return contenders.filter((contender) => {
    const trouble = contender.prepare();
    if (trouble) say(`${contender.title}: ${trouble.missing}`);
    return trouble === undefined;
  });
}
