import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { readTable } from "../data/read.ts";
import { InvalidArgument } from "../errors.ts";
import { fileError } from "../runs/file-error.ts";
import { schemaToYaml } from "../schema/file.ts";
import { inferSchema } from "../schema/infer.ts";
import type { JobEvents } from "./job.ts";

/** What we take each column of a table for, and why, as an editable YAML file (or JSON).
 * @returns the text; also written to `out` when given, which must not exist */
export async function describe(options: {
  readonly source: string;
  readonly query?: string | undefined;
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
  readonly events?: Pick<JobEvents, "notice"> | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<string> {
  const { out, events, signal } = options;
  if (out !== undefined && existsSync(out))
    throw new InvalidArgument("output-exists", `There is a file already: ${out}.`, {
      advice: "Choose another name with --out.",
    });
  const { table } = await readTable(options.source, {
    ...(options.query ? { query: options.query } : {}),
    ...(events?.notice ? { notice: events.notice } : {}),
    signal,
  });
  const schema = inferSchema(table);
  for (const note of schema.notes) events?.notice?.(note);
  const text = options.json ? `${JSON.stringify(schema, null, 2)}\n` : schemaToYaml(schema);
  if (out !== undefined) {
    try {
      await writeFile(out, text, { flag: "wx" });
    } catch (error) {
      throw fileError(error, { doing: "writing the schema", path: out });
    }
  }
  return text;
}
