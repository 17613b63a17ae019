import { type Command, InvalidArgumentError } from "commander";
import { nearest } from "../math/nearest-name.ts";
import { display, stopSignal } from "./effects.ts";
import { exitCodeOf } from "./exit.ts";
import { MAX_ROWS, MAX_SEED, wholeNumber } from "./options.ts";

/** Declares `counterfoil run`. */
export function addRun(program: Command): void {
  program
    .command("run")
    .summary("run a recipe over language models: exactly N accepted rows, resumed where it stopped")
    .description(
      "Makes texts by a recipe: asks models, checks and judges the answers, refills until as many rows are accepted as were asked for,\n" +
        "decides by a policy, and leaves a signed bundle. Every answer is kept in a journal (--work) before it counts: run again after a\n" +
        "crash, or after an edit of the recipe, and only what is not there is asked.",
    )
    .argument("<recipe>", "a recipe: YAML (docs/recipes.md), or a module that exports `recipe`")
    .option("--out <dir>", "folder of the bundle; must not exist (default: <recipe name>-synthetic)")
    .option("--work <dir>", "folder of the journal, kept and resumed from (default: <recipe name>-work)")
    .option("--rows <n>", 'accepted rows, or "all": one for each source row, without refill', rowsOf)
    .option("--preview [n]", "make a few rows and show every cell of them; writes no bundle (default: 5)", previewOf)
    .option("--estimate", "say how many calls and tokens it takes and what they cost; asks nothing")
    .option("--offline", "ask nothing: release what the journal holds")
    .option(
      "--budget <limit=amount...>",
      "hard limits: money=2.50 (US dollars), tokens=1e6, calls=5000, seconds=3600",
      budgetOf,
    )
    .option("--model <name>", "another model for all, or for one as writer=gpt-4o; repeatable", overrideOf)
    .option("--base-url <url>", "another endpoint for all, or for one as writer=http://…/v1; repeatable", urlOverrideOf)
    .option(
      "--provider <name>",
      "another provider for all (openai, anthropic, gemini, local, replay), or for one",
      overrideOf,
    )
    .option("--concurrency <n>", "requests at a time, at most", wholeNumber(1, 100_000))
    .option("--prices <file>", "a price file, over the product's own (docs/language-models.md)")
    .option("--policy <file>", "the rules of release; a YAML file or the name of a built-in policy (default: text)")
    .option("--csv", "write CSV beside Parquet and JSON lines")
    .option("--seed <n>", "of samplers and of the order; same answers and seed, same bytes", wholeNumber(0, MAX_SEED))
    .option("--signing-key <file>", "Ed25519 private key, PEM (default: this user's own, made on first use)")
    .option("--json", "print the result as JSON on stdout")
    .option("--quiet", "no progress")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil run questions.yaml --preview
  counterfoil run questions.yaml --estimate --rows 10000
  counterfoil run questions.yaml --rows 1000 --budget money=5
  counterfoil run questions.yaml --provider openai --base-url http://127.0.0.1:11434/v1 --model llama3.1`,
    )
    .action(async (recipe: string, { preview, estimate, ...options }) => {
      const { printEstimate, printPreview, printRun } = await import("./run-result.ts");
      const screen = display(options);
      const common = { ...options, recipe, events: screen.events, signal: stopSignal() };
      if (estimate) {
        const { estimateRecipe } = await import("../jobs/estimate-recipe.ts");
        printEstimate(await estimateRecipe(common).finally(screen.finish), options);
        return;
      }
      if (preview !== undefined) {
        const { previewRecipe } = await import("../jobs/preview-recipe.ts");
        const rows = preview === true ? undefined : preview;
        printPreview(await previewRecipe({ ...common, preview: rows }).finally(screen.finish), options);
        return;
      }
      const { runRecipe } = await import("../jobs/run-recipe.ts");
      const result = await runRecipe(common).finally(screen.finish);
      printRun(result, options);
      process.exitCode = exitCodeOf(result.decision.decision);
    });
}

function rowsOf(text: string): number | "all" {
  return text === "all" ? "all" : wholeNumber(1, MAX_ROWS)(text);
}

/** The number is optional, and takes what stands behind the option: a recipe too. */
function previewOf(text: string): number {
  if (RECIPE_FILE.test(text))
    throw new InvalidArgumentError(
      `Got "${text}"; want a number of rows, or nothing. Write the recipe first: run ${text} --preview.`,
    );
  return wholeNumber(1, 1000)(text);
}

/** Options whose value is optional or a list swallow a recipe that stands behind them. */
const RECIPE_FILE = /\.(ya?ml|json|[mc]?[jt]s)$/i;
const LIMITS = ["money", "tokens", "calls", "seconds"] as const;

/** One more limit: calls=5000. */
function budgetOf(text: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> {
  const [, name = "", amount = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  const value = Number(amount.replaceAll("_", ""));
  if (!LIMITS.some((limit) => limit === name) || amount.trim() === "" || !(value >= 0 && Number.isFinite(value))) {
    const near = nearest(name || text, LIMITS);
    const hint = RECIPE_FILE.test(text)
      ? ` Write the recipe first: run ${text} --budget calls=5000.`
      : near && near !== name
        ? ` Did you mean ${near}=?`
        : "";
    throw new InvalidArgumentError(
      `Got "${text}"; want money=, tokens=, calls= or seconds= with an amount, as money=2.50 or calls=5000.${hint}`,
    );
  }
  return { ...before, [name]: value };
}

type Override = string | Readonly<Record<string, string>>;

/** A name for all models, or one more for a model of the recipe: writer=gpt-4o. */
function overrideOf(text: string, before?: Override): Override {
  const [, name, value] = /^([A-Za-z_][\w-]*)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    if (before !== undefined)
      throw new InvalidArgumentError(
        `Got "${text}" beside another one; name the model that each is for, as writer=${text}.`,
      );
    return text;
  }
  if (typeof before === "string")
    throw new InvalidArgumentError(
      `Got "${text}" beside "${before}", which is for all; name the model that each is for.`,
    );
  return { ...before, [name]: value };
}

function urlOverrideOf(text: string, before?: Override): Override {
  const result = overrideOf(text, before);
  for (const url of typeof result === "string" ? [result] : Object.values(result))
    if (!/^https?:\/\/[^\s/]/.test(url))
      throw new InvalidArgumentError(`Got "${url}"; want an address, as http://127.0.0.1:8000/v1.`);
  return result;
}
