import { readFileSync } from "node:fs";
import { readTable } from "../../src/data/read.ts";
import { concatRows, type Table, takeRows } from "../../src/data/table.ts";
import { createBudget } from "../../src/dp/budget.ts";
import { threadExecutor } from "../../src/executors/threads.ts";
import { randomFromSeed, secureSource } from "../../src/random.ts";
import { declaredSchema } from "../../src/schema/declared-schema.ts";
import { parseSchema } from "../../src/schema/file.ts";
import { fitTable } from "../../src/synthesizers/fit-table.ts";
import { synthesizerNamed } from "../../src/synthesizers/index.ts";
import { completeSchema } from "../../src/synthesizers/private/complete-schema.ts";
import { cpuSeconds } from "../measure.ts";
import { writeCsv } from "../write-csv.ts";
import type { FitPrivately, PrivateCost } from "./own.ts";

console.log(JSON.stringify(await fit(JSON.parse(process.argv[2] as string) as FitPrivately)));

/** What `synthesize --epsilon --schema` does before it judges: domains that are not declared are paid for, then the fit, then as many rows. */
async function fit(request: FitPrivately): Promise<PrivateCost> {
  const { train, schema: schemaFile, epsilon, delta, seed, out, grow } = request;
  const random = randomFromSeed(seed);
  const { table: given } = await readTable(train);
  const drawn = random.split("grow");
  const table = grow
    ? takeRows(
        given,
        Uint32Array.from({ length: grow }, () => drawn.integer(given.rows)),
      )
    : given;
  const synthesizer = synthesizerNamed(request.synthesizer);
  const override = parseSchema(readFileSync(schemaFile, "utf8"), schemaFile);
  const executor = threadExecutor();
  try {
    const [started, before] = [performance.now(), cpuSeconds()];
    const budget = createBudget({ epsilon, delta, unit: { kind: "row", rows: 1 }, source: secureSource() });
    const { schema } = completeSchema(table, declaredSchema(table, { override, keys: [] }), { budget });
    const options = synthesizer.options.parse({});
    const fitted = await fitTable(table, { schema, synthesizer, options, random, executor, budget });
    const between = cpuSeconds();
    const chunks: Table[] = [];
    for await (const chunk of fitted.sample(table.rows, { random, executor })) chunks.push(chunk);
    const [after, wall] = [cpuSeconds(), (performance.now() - started) / 1000];
    const megabytes = process.resourceUsage().maxRSS / 1024;
    if (out !== undefined) await writeCsv(concatRows(chunks), out);
    return { fit: between - before, sample: after - between, megabytes, wall, spent: budget.spent().epsilon };
  } finally {
    await executor.close();
  }
}
