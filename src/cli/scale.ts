import { type Command, InvalidArgumentError, Option } from "commander";
import type { ScaleResult } from "../jobs/scale.ts";
import { display, stopSignal } from "./effects.ts";
import { EXIT } from "./exit.ts";
import { between, MAX_SEED, positive, wholeNumber } from "./options.ts";

/** Declares `counterfoil scale`. */
export function addScale(program: Command): void {
  program
    .command("scale")
    .summary("what would more data buy? a scaling law from measurements")
    .description(
      "Fits the rectified scaling law loss = B / (D_l + size^beta) + E to losses measured at several sizes of training data: what " +
        "doubling the data buys, the size that a target needs, the floor, each with an interval, and how well the largest size is " +
        "foretold from the others. A plain power law stands beside it.\n" +
        "Exit code 0: answered · 3: no law (the loss does not fall with the size), or a size beyond 16 times the largest was asked.",
    )
    .argument(
      "<points>",
      "a table: a row per measurement (size, loss, seed), or a row per learner with a column per size",
    )
    .option("--size <column>", "size of the training data (default: guessed)")
    .option("--loss <column>", "the loss, or a score with --better higher (default: guessed)")
    .option("--seed-column <column>", "which run of a size a row is (default: guessed)")
    .option("--group <column>", "one law for each value (default: guessed)")
    .option("--wide", "the table has a row per learner and a column per size (default: seen by the columns' names)")
    .addOption(
      new Option("--better <way>", "which way the metric is better (default: lower)").choices(["lower", "higher"]),
    )
    .option("--perfect <value>", "what a perfect learner has (default: 0; with --better higher: 1)", finite)
    .option("--query <sql>", "one SELECT over the file, which is the table `source`")
    .option("--predict <size...>", "foretell the loss at these sizes", sizes)
    .option("--target <value>", "find the size for this loss or score", finite)
    .option("--level <share>", "of every interval (default: 0.9)", between(0.5, 1))
    .option("--samples <n>", "laws of the bootstrap (default: 1000)", wholeNumber(100, 100_000))
    .option("--out <dir>", "write scale.json and scale.html here; must not exist")
    .option("--seed <n>", "same input and seed, same numbers (default: 0)", wholeNumber(0, MAX_SEED))
    .option("--json", "print the result as JSON on stdout")
    .option("--quiet", "no progress")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil scale points.csv --target 0.2 --out scale-report
  counterfoil scale points.csv --size rows --loss accuracy --better higher --perfect 1 --predict 50000 100000
  counterfoil scale models-by-size.csv --group model --json`,
    )
    .action(async (points: string, options) => {
      const { scale } = await import("../jobs/scale.ts");
      const screen = display(options);
      const result = await scale({ ...options, points, events: screen.events, signal: stopSignal() }).finally(
        screen.finish,
      );
      if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else process.stdout.write(`${spoken(result, options.out)}\n`);
      process.exitCode = result.decision === "fitted" ? EXIT.done : EXIT.refused;
    });
}

const MOST_LAWS = 40;

function spoken(result: ScaleResult, out: string | undefined): string {
  const { laws } = result;
  const only = laws.length === 1 ? laws[0]?.fitted : null;
  const width = Math.max(0, ...laws.map(({ group }) => group?.length ?? 0));
  const three = (value: number): string => String(Number(value.toPrecision(3)));
  return [
    `\n${result.reasons.join("\n")}`,
    ...(only
      ? [
          `\nloss = ${three(only.law.amplitude)} / (${three(only.law.learnt)} + size^${three(only.law.exponent)}) + ${three(only.law.floor)}   (${Number((100 * result.level).toPrecision(12))} % intervals)`,
          ...(["learnt", "exponent", "floor"] as const).map((name) => {
            const { bootstrap, profile } = only.parameters[name];
            return `  ${name.padEnd(8)}  profile ${profile ? `${three(profile.low)} to ${three(profile.high)}` : "–"}   bootstrap ${three(bootstrap.low)} to ${three(bootstrap.high)}`;
          }),
        ]
      : laws.length === 1
        ? []
        : [
            `\n${"".padEnd(width)}  ${"doubling buys".padEnd(13)}  held-out error`,
            ...laws
              .slice(0, MOST_LAWS)
              .map(({ group, fitted }) =>
                fitted
                  ? `${(group ?? "").padEnd(width)}  ${three(fitted.doubling.value).padEnd(13)}  ${(100 * Math.abs(Math.expm1(fitted.heldOut.rectified.logError))).toFixed(1)} %`
                  : `${(group ?? "").padEnd(width)}  no law`,
              ),
            ...(laws.length > MOST_LAWS ? [`and ${laws.length - MOST_LAWS} more`] : []),
          ]),
    ...result.left.map(({ group, why }) => `${group}: ${why}`),
    ...(out === undefined ? [] : [`report  ${out}/scale.html`]),
  ].join("\n");
}

function finite(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError(`Got "${text}"; want a number.`);
  return value;
}

function sizes(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, positive(text.replaceAll("_", ""))];
}
