import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTable } from "../src/data/read.ts";
import { writeTable } from "../src/data/write.ts";
import { threadExecutor } from "../src/executors/threads.ts";
import { randomFromSeed } from "../src/random.ts";
import { inferSchema } from "../src/schema/infer.ts";
import { reduceTable } from "../src/schema/reduce.ts";
import { sequentialTrees } from "../src/synthesizers/sequential-trees.ts";
import { flagsOf, measureCommand, printTable } from "./measure.ts";

const SIZES = [10_000, 30_000, 100_000, 300_000, 1_000_000];

/** Time and memory of `evaluate` with every metric and attack, as the rows grow: tables of Adult's shape, made by a synthesizer for the real table has only
 * 32,561 rows; a holdout of a third. Flags: --sizes=10000,30000. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const sizes = flagsOf(options.flags)("sizes")?.split(",").map(Number) ?? (options.quick ? SIZES.slice(0, 2) : SIZES);
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-growth-"));
  const executor = threadExecutor();
  try {
    const { table } = await readTable(join("examples", "data", "adult.csv.gz"));
    const schema = inferSchema(table);
    const random = randomFromSeed(0);
    const fitted = await sequentialTrees.fit(reduceTable(table, schema).modelled, {
      ...{ schema, random: random.split("fit"), executor },
      options: sequentialTrees.options.parse({}),
    });
    const rows: Record<string, string | number>[] = [];
    for (const size of sizes) {
      const write = async (name: string, count: number): Promise<string> => {
        const parquet = join(folder, `${name}.parquet`);
        await writeTable(fitted.sample(count, { random: random.split(name).split(size), executor }), {
          parquet,
          metadata: {},
        });
        return parquet;
      };
      const real = await write("real", size);
      const holdout = await write("holdout", Math.round(size / 3));
      const synthetic = await write("synthetic", size);
      const { wallSeconds, cpuSeconds, megabytes, exitCode } = measureCommand([
        ...["evaluate", real, synthetic, "--holdout", holdout, "--target", "income", "--protected", "sex,race"],
        ...["--quasi-identifiers", "age,sex,race,native_country", "--sensitive", "income"],
        ...["--out", join(folder, `bundle-${size}`), "--quiet", "--json"],
      ]);
      rows.push({
        "rows a side": size,
        holdout: Math.round(size / 3),
        "wall s": wallSeconds,
        "CPU s": cpuSeconds,
        "peak MB": Math.round(megabytes),
        exit: exitCode,
      });
      console.error(`${size} rows: ${wallSeconds.toFixed(1)} s`);
    }
    printTable(rows, options.json);
  } finally {
    await executor.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
