import { join } from "node:path";
import { flagsOf, printTable } from "./measure.ts";
import type { Keeping } from "./private/kept.ts";
import { marginals } from "./private/marginals.ts";
import type { Line } from "./private/show.ts";

const PARTS = ["marginals", "tables", "laws", "audit", "speed"] as const;
type Part = (typeof PARTS)[number];

/** Private synthesizers: how near they come beside their peers, and whether the promise is kept. Flags: --parts=marginals,… --runs=5 --only=names
 * --peers=no --peer-minutes=15 --reuse (run only what is not kept) --print (run nothing) --out=. */
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
}
