import { type Command, Option } from "commander";
import { display, stopSignal } from "./effects.ts";
import { exitCodeOf } from "./exit.ts";
import { between, MAX_ROWS, MAX_SEED, optionOf, positive, shareBelow, sharesOf, wholeNumber } from "./options.ts";
import { addPurposeOptions, purposeOptions } from "./purpose-options.ts";

/** Declares `counterfoil synthesize`. */
export function addSynthesize(program: Command): void {
  addPurposeOptions(
    program
      .command("synthesize")
      .summary("the whole path for one table: fit, sample, judge, decide, sign")
      .description(
        "Fits a synthesizer on a training split of a table, samples a synthetic table, judges it against rows nobody looked at,\n" +
          "decides by a policy, and leaves a signed bundle. Reads CSV, TSV (also .gz), JSON, JSONL, Parquet, DuckDB and SQLite.",
      )
      .argument("<file>", "the real table; or a synthetic one, as the folder of a bundle")
      .option("--anchor <file>", "real rows beside a synthetic source: both are learnt from, and only real rows judge")
      .option("--out <dir>", "folder of the bundle; must not exist (default: <file>-synthetic)")
      .option("--rows <n>", "synthetic rows (default: as many as the source has)", wholeNumber(1, MAX_ROWS))
      .option(
        "--synthesizer <name>",
        "auto (tries several), sequential-trees, boosted-trees, circuit, mixture, adversarial-forest, bayesian-network,\ngaussian-copula or independent; with --epsilon aim (the default then) or mst",
        "auto",
      )
      .option(
        "--option <name=value...>",
        "options of the synthesizer, as minLeaf=20; its page in the docs lists them",
        optionOf,
        {},
      )
      .option("--schema <file>", "what the columns mean, as `counterfoil schema` writes it; overrides what is inferred")
      .option(
        "--policy <file>",
        "the rules of release; a YAML file or the name of a built-in policy (default: default; with --epsilon: private)",
      ),
  )
    .option(
      "--test-pair-rows <n>",
      "with --purpose test: rows for rare combinations, at most (default: 1,000)",
      wholeNumber(0, 1_000_000),
    )
    .option("--where <condition>", "every synthetic row meets it; CEL over the columns, as \"age >= 65 && sex == 'F'\"")
    .option(
      "--shares <column=label:share,…>",
      "shares of a column's labels in the synthetic table, as sex=F:.5,M:.5",
      sharesOf,
    )
    .option(
      "--epsilon <number>",
      "release under differential privacy, spending so much of the source's budget",
      positive,
    )
    .option("--delta <number>", "with --epsilon: chance at which the promise may fail (default: 1e-9)", between(0, 1))
    .option("--holdout-share <share>", "share of the rows kept apart to judge with; 0: none", shareBelow(1), 0.25)
    .option("--group <column>", "rows with the same value belong to one person and stay together in the split")
    .option(
      "--group-rows <n>",
      "with --epsilon and --group: rows of one person that are learned from, at most (default: 1)",
      wholeNumber(1, 10_000),
    )
    .addOption(
      new Option(
        "--judge <what>",
        "privacy of this release, or of the procedure by five refits on folds (auto: where the holdout is small)",
      )
        .choices(["auto", "release", "procedure"])
        .default("auto"),
    )
    .option(
      "--shadow-models <n>",
      "also attack the most isolated people by n refits on halves of them, an even number from 16 (default: none)",
      wholeNumber(16, 128),
    )
    .option("--id <column>", "a key: made anew, never modelled")
    .option("--query <sql>", 'SQL over the source; a file is the table "source"')
    .option("--drop-text", "leave out free-text columns instead of stopping at them")
    .option(
      "--save-model <file>",
      "keep the fitted model, for `counterfoil sample` and `complete`; as private as the real rows",
    )
    .option("--csv", "write CSV beside Parquet")
    .option("--seed <n>", "same input and seed, same bytes (default: 0)", wholeNumber(0, MAX_SEED))
    .option("--threads <n>", "worker threads; does not change the result (default: all cores)", wholeNumber(1, 256))
    .option(
      "--source-generation <k>",
      "how far the source is from real rows: 0 real, 1 learnt from real rows … (default: what it says of itself, or 0)",
      wholeNumber(0, 1_000_000),
    )
    .option("--source-id <name>", "a name for the real rows, under which the runs that measured them are counted")
    .option("--signing-key <file>", "Ed25519 private key, PEM (default: this user's own, made on first use)")
    .option("--json", "print the result as JSON on stdout")
    .option("--quiet", "no progress")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil synthesize patients.csv --target died --target-leaks date_of_death
  counterfoil synthesize shop.duckdb --query "select * from orders where year = 2025" --rows 50000
  counterfoil synthesize visits.parquet --group patient_id --id visit_id --csv
  counterfoil synthesize patients-synthetic --anchor patients.csv --out patients-again
  counterfoil synthesize census.csv --epsilon 1 --schema public-domain.yaml --source-id census-2024`,
    )
    .action(async (file: string, options) => {
      const { synthesize } = await import("../jobs/synthesize.ts");
      const { printResult } = await import("./result.ts");
      const screen = display(options);
      const result = await synthesize({
        ...options,
        synthesizerOptions: options.option,
        ...purposeOptions(options),
        source: file,
        events: screen.events,
        signal: stopSignal(),
      }).finally(screen.finish);
      printResult(result, options);
      process.exitCode = exitCodeOf(result.decision.decision);
    });
}
