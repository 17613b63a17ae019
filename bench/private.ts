import { join } from "node:path";
import { flagsOf, printTable } from "./measure.ts";
import { audits } from "./private/audits.ts";
import type { Keeping } from "./private/kept.ts";
import { faults, laws } from "./private/laws.ts";
import { marginals } from "./private/marginals.ts";
import type { Line } from "./private/show.ts";
import { draws, growth } from "./private/speed.ts";
import { EPSILONS, tables } from "./private/tables.ts";

const PARTS = ["marginals", "tables", "laws", "audit", "speed"] as const;
type Part = (typeof PARTS)[number];

/** Private synthesizers: how near they come beside their peers, and whether the promise is kept. Flags: --parts=marginals,… --runs=5 --only=names
 * --tables=german-credit,… --epsilons=0.1,1,10 --seeds=3 --peers=no --peer-minutes=15 --reuse (run only what is not kept) --print (run nothing) --out=. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = flagsOf(options.flags);
  const has = (name: string): boolean => options.flags?.includes(name) ?? false;
  const asked = (flag("parts") ?? PARTS.join(",")).split(",");
  const unknown = asked.filter((part) => !PARTS.includes(part as Part));
  if (unknown.length > 0) throw new Error(`--parts: no part ${unknown.join(", ")}; there are ${PARTS.join(", ")}.`);
  const keeping: Keeping = {
    folder: flag("out") ?? join("out", "bench-private"),
    reuse: has("--reuse"),
    print: has("--print"),
  };
  const common = {
    keeping,
    minutes: Number(flag("peer-minutes") ?? 15),
    only: flag("only")?.split(","),
    peers: !options.quick && flag("peers") !== "no",
  };
  const show = (title: string, lines: readonly Line[]): void => {
    if (lines.length === 0) return;
    if (options.json) {
      console.log(JSON.stringify({ title, lines }));
      return;
    }
    console.log(`\n${title}\n`);
    printTable(lines, false);
  };
  if (asked.includes("marginals")) {
    const runs = Number(flag("runs") ?? (options.quick ? 2 : 5));
    const { lines, compared } = await marginals({ ...common, runs });
    show("adult-discrete, ε = 1, δ = 1e-9: mean total-variation distance", lines);
    show("ours beside private-pgm", compared);
  }
  if (asked.includes("tables")) {
    const found = await tables({
      ...common,
      seeds: Number(flag("seeds") ?? (options.quick ? 1 : 3)),
      epsilons: flag("epsilons")?.split(",").map(Number) ?? (options.quick ? [1] : EPSILONS),
      names: flag("tables")?.split(",") ?? (options.quick ? ["german-credit"] : undefined),
    });
    for (const { title, lines } of found) show(title, lines);
  }
  if (asked.includes("laws")) {
    show("planted faults", await faults());
    show("laws", await laws());
  }
  if (asked.includes("audit"))
    show("one-run audits, white-box, δ = 1e-9, 20,000 canaries, 95 %", await audits(options.quick));
  if (asked.includes("speed")) {
    show(
      "Adult's columns, its domains declared, ε = 1",
      await growth({ keeping, ...(options.quick ? { rows: 100_000 } : {}) }),
    );
    show("discrete Gaussian noise", draws());
  }
}
