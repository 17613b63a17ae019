import { pathToFileURL } from "node:url";
import { runRecipe } from "../../src/jobs/run-recipe.ts";
import { cpuSeconds } from "../measure.ts";

/** What a library call of the engine takes, printed as a line of its own after the result. */
export interface LibraryUsage {
  /** CPU seconds of all threads, imports apart: until the rows were made and written, and in all. */
  readonly making: number;
  readonly whole: number;
}

/** Runs a recipe by the library: recipe, work folder and bundle folder are the arguments. */
async function main(recipe: string, { work, out }: { readonly work: string; readonly out: string }): Promise<void> {
  const before = cpuSeconds();
  let isMaking = false;
  let making: number | undefined;
  const result = await runRecipe({
    recipe,
    work,
    out,
    events: {
      phase(name) {
        if (isMaking) making ??= cpuSeconds() - before;
        isMaking ||= name === "make";
      },
    },
  });
  const whole = cpuSeconds() - before;
  const usage: LibraryUsage = { making: making ?? whole, whole };
  console.log(`${JSON.stringify(result)}\nUSAGE ${JSON.stringify(usage)}`);
}

const [, file, recipe, work, out] = process.argv;
if (file && import.meta.url === pathToFileURL(file).href)
  await main(recipe as string, { work: work as string, out: out as string });
