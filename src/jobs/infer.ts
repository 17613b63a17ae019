import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readTable } from "../data/read.ts";
import { renderInferPage } from "../evidence/report/hybrid/infer-page.ts";
import type { InferResult } from "../hybrid/infer-result.ts";
import { writeFolder } from "../runs/atomic-folder.ts";
import { collecting, readEvents } from "./events.ts";
import { freshFolder } from "./files.ts";
import { answer, type OpenedFile } from "./infer-answer.ts";
import { checkInferOptions, type InferOptions } from "./infer-options.ts";

/** Estimates a mean, a quantile or the coefficients of a regression from few real labels and many predictions or synthetic rows, with intervals
 * that hold whatever these are worth.
 * @returns "estimated"; "alarm" where a test says that labels were not given at random; "none" where too few labels give no valid interval
 * @throws {InvalidArgument} a formula, column or option that does not fit
 * @throws {InvalidData} keys, proxies, weights or covariates that cannot be used; terms that are combinations of each other */
export async function infer(options: InferOptions): Promise<InferResult> {
  checkInferOptions(options);
  const { signal } = options;
  const notices: string[] = [];
  const events = collecting(options.events, notices);
  const out = options.out === undefined ? undefined : await freshFolder(options.out);
  const open = async (path: string): Promise<OpenedFile> => {
    const name = basename(path);
    events.phase?.("read", name);
    const { table, source } = await readTable(path, { ...readEvents(events), threads: options.threads, signal });
    return { name, table, sha256: source.sha256 };
  };
  const labelled = await open(options.labelled);
  const unlabelled = options.unlabelled === undefined ? undefined : await open(options.unlabelled);
  const synthetic: OpenedFile[] = [];
  for (const path of options.synthetic ?? []) synthetic.push(await open(path));
  const result = await answer({ labelled, unlabelled, synthetic, notices }, options);
  if (out !== undefined) {
    events.phase?.("report", basename(out));
    await writeFolder(
      out,
      async (folder) => {
        await writeFile(join(folder, "infer.json"), `${JSON.stringify(result, null, 2)}\n`);
        await writeFile(join(folder, "infer.html"), renderInferPage(result));
      },
      { signal },
    );
  }
  return result;
}
