import { type Command, InvalidArgumentError } from "commander";
import type { CollapseResult } from "../hybrid/collapse/result.ts";
import { display, stopSignal } from "./effects.ts";
import { EXIT } from "./exit.ts";
import { MAX_SEED, optionOf, wholeNumber } from "./options.ts";

/** Declares `counterfoil collapse`. */
export function addCollapse(program: Command): void {
  program
    .command("collapse")
    .summary("what is lost when generation after generation learns from the last?")
    .description(
      "Makes generations of a table, each learnt from what came before: from real rows and all generations so far (accumulate, the\n" +
        "default of every refit), from the last alone (replace), or from real rows and the last (anchored); watches spread, rare\n" +
        "categories and duplicates against frozen real rows, and says where to stop. Without a table: the linear model, with theory.\n" +
        "Exit code 0: nothing fell beyond the rule · 3: stop (in the accumulate arm, or the first of --arms).",
    )
    .argument("[table]", "a real table; without it the linear model is simulated")
    .option("--synthesizer <name>", "what learns each generation (default: mixture)")
    .option("--option <name=value...>", "options of the synthesizer, as components=20", optionOf)
    .option("--generations <n>", "generations after the real rows (default: 6; linear model: 8)", wholeNumber(1, 100))
    .option("--arms <list>", "of accumulate, replace and anchored (default: all three)", listOf)
    .option("--seeds <n>", "independent sequences in each arm (default: 3)", wholeNumber(1, 100))
    .option("--trials <n>", "linear model: simulations (default: 1,000)", wholeNumber(2, 1_000_000))
    .option("--query <sql>", 'SQL over the table; a file is the table "source"')
    .option("--schema <file>", "what the columns mean, as `counterfoil schema` writes it")
    .option("--out <dir>", "write collapse.json and collapse.html here; must not exist")
    .option("--seed <n>", "same input and seed, same numbers (default: 0)", wholeNumber(0, MAX_SEED))
    .option("--threads <n>", "worker threads; does not change the result (default: all cores)", wholeNumber(1, 256))
    .option("--json", "print the result as JSON on stdout")
    .option("--quiet", "no progress")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil collapse --out linear-collapse
  counterfoil collapse patients.csv --synthesizer sequential-trees --generations 6 --out patients-generations
  counterfoil collapse patients.csv --arms accumulate,replace --seeds 5 --json`,
    )
    .action(async (table: string | undefined, { option, ...options }) => {
      const { collapse } = await import("../jobs/collapse.ts");
      const screen = display(options);
      const result = await collapse({
        ...options,
        ...(option ? { synthesizerOptions: option } : {}),
        ...(table === undefined ? {} : { table }),
        events: screen.events,
        signal: stopSignal(),
      }).finally(screen.finish);
      if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else process.stdout.write(`${spoken(result, options.out)}\n`);
      process.exitCode = result.study === "table" && result.decision === "stop" ? EXIT.refused : EXIT.done;
    });
}

function listOf(text: string): readonly string[] {
  const names = text.split(",").map((part) => part.trim());
  if (names.some((name) => name === ""))
    throw new InvalidArgumentError(`Got "${text}"; want arms, as accumulate,replace.`);
  return names;
}

function spoken(result: CollapseResult, out: string | undefined): string {
  return [
    ...(result.study === "linear" ? linearLines(result) : tableLines(result)),
    ...(out === undefined ? [] : [`report  ${out}/collapse.html`]),
  ].join("\n");
}

function linearLines({ arms, generations, trials }: CollapseResult & { readonly study: "linear" }): readonly string[] {
  return [
    `\nerror of each generation over that of one fit to real rows, mean of ${trials} trials (theory in brackets)`,
    `  ${"generation".padEnd(12)}${arms.map(({ arm }) => arm.padStart(16)).join("")}`,
    ...Array.from(
      { length: generations },
      (_, g) =>
        `  ${String(g + 1).padEnd(12)}${arms
          .map(({ points }) => `${points[g]?.value.toFixed(2)} (${points[g]?.theory.toFixed(2)})`.padStart(16))
          .join("")}`,
    ),
  ];
}

function tableLines(result: CollapseResult & { readonly study: "table" }): readonly string[] {
  const { decision, reasons, monitors, arms } = result;
  const width = Math.max(...arms.map(({ arm }) => arm.length));
  return [
    `\n${decision === "stop" ? "STOP" : "NO COLLAPSE SEEN"}: ${reasons.join("\n  ")}`,
    ...monitors.flatMap(({ name, title }) => [
      `\n${title}, generation 0 to ${result.generations}`,
      ...arms.map(
        ({ arm, curves }) =>
          `  ${arm.padEnd(width)}  ${
            curves
              .find(({ monitor }) => monitor === name)
              ?.points.map(({ value }) => value.toFixed(3))
              .join("  ") ?? ""
          }`,
      ),
    ]),
  ];
}
