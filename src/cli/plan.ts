import { type Command, InvalidArgumentError, Option } from "commander";
import { display, stopSignal } from "./effects.ts";
import { EXIT } from "./exit.ts";
import { between, MAX_SEED, optionOf, positive, wholeNumber } from "./options.ts";

/** Declares `counterfoil plan`. */
export function addPlan(program: Command): void {
  program
    .command("plan")
    .summary("how much real data is needed, and what are synthetic rows worth beside it?")
    .description(
      "Trains a student on real and synthetic rows of many sizes, tests it on real rows that nothing has seen, and says how many real rows a\n" +
        "target takes, where synthetic rows stop helping, and which mix is cheapest. Every training is kept at once: the same command goes on\n" +
        "where it was stopped. Exit code 0: told · 4: the pilot holds too little to tell.",
    )
    .argument("[train]", "real rows; with --grid: none")
    .option("--target <column>", "what is to be predicted")
    .option("--target-leaks <columns...>", "columns that give the target away")
    .option("--test <file>", "real rows to test on (default: a share of the rows, set aside first)")
    .option("--test-share <share>", "share of the rows that is set aside to test on (default: 0.3)", between(0, 1))
    .option("--shifted <file>", "a second real test set, from where the model will be used")
    .option("--text <columns...>", "one or two columns of text: a student for texts")
    .option("--schema <file>", "what the columns mean, as `counterfoil schema` writes it")
    .option("--synthesizer <name>", "makes the synthetic rows (default: gaussian-copula)")
    .option("--option <name=value...>", "options of the synthesizer, as minLeaf=20", optionOf, {})
    .option("--generate <command>", 'makes them instead: "python3 make.py {real} {rows} {seed} {out}"')
    .option("--student <command>", 'trains, tests and prints a number: "python3 train.py {real} {synthetic} {test}"')
    .option("--variables <names...>", "environment variables that commands get, beside PATH and its like")
    .option("--program-seconds <n>", "time for one run of a command (default: 3600)", positive)
    .option("--metric <name>", "auc, accuracy, log-loss, r2 or rmse; of a command or a grid any name")
    .addOption(new Option("--better <way>", "of a metric of your own").choices(["higher", "lower"]))
    .option("--perfect <value>", "the metric of a perfect student (default: 1, or 0 where lower is better)", finite)
    .option("--grid <file>", "read a pilot instead: real, synthetic, seed, value (arm, test, failure)")
    .option("--real <sizes>", "real rows to try (default: 25,50,100,250,500,1000,2000 as far as there are rows)", list)
    .option("--synthetic <multiples>", "synthetic rows for a real one to try (default: 0,1,2,5,10)", list)
    .option("--seeds <n>", "draws of real rows at each size (default: 5)", wholeNumber(1, 1000))
    .option("--arms <arms>", "mix, pretrain, or mix,pretrain (default: both)", arms)
    .option("--goal <value>", "the metric to be reached", finite)
    .option("--cost-real <cost>", "of a real row (default: 1)", nonNegative)
    .option("--cost-synthetic <cost>", "of a synthetic row (default: 0.01)", nonNegative)
    .option(
      "--available <rows>",
      "real rows that there are or could be had (default: those of the table)",
      wholeNumber(1, 1e10),
    )
    .option("--level <share>", "confidence of the intervals (default: 0.9)", between(0.5, 1))
    .option("--draws <n>", "redrawn pilots behind each interval (default: 200)", wholeNumber(20, 10_000))
    .option("--dry-run", "say what would be trained, and stop")
    .option("--out <dir>", "write plan.json, plan.html and pilot.csv here; must not exist (default: <train>-plan)")
    .option("--work <dir>", "keep what was measured here (default: <out>-work, removed at the end)")
    .option("--seed <n>", "same input and seed, same numbers (default: 0)", wholeNumber(0, MAX_SEED))
    .option(
      "--threads <n>",
      "trainings at a time; does not change the result (default: all cores)",
      wholeNumber(1, 256),
    )
    .option("--json", "print the result as JSON on stdout")
    .option("--quiet", "no progress")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      `
Examples:
  counterfoil plan patients.csv --target died --goal 0.85 --cost-real 4
  counterfoil plan train.csv --test unseen.csv --student "python3 train.py {real} {synthetic} {test}" --metric F1 --better higher
  counterfoil plan --grid pilot.csv --metric auc --goal 0.9 --out plan`,
    )
    .action(async (train: string | undefined, options) => {
      const screen = display(options);
      const asked = {
        ...options,
        train,
        synthesizerOptions: options.option,
        events: screen.events,
        signal: stopSignal(),
      };
      if (options.dryRun) {
        const { previewPlan } = await import("../jobs/plan-preview.ts");
        const preview = await previewPlan(asked).finally(screen.finish);
        process.stdout.write(options.json ? `${JSON.stringify(preview, null, 2)}\n` : `${preview.sentence}\n`);
        return;
      }
      const { plan } = await import("../jobs/plan.ts");
      const { planJson } = await import("../jobs/plan-write.ts");
      const result = await plan(asked).finally(screen.finish);
      process.stdout.write(options.json ? planJson(result) : `${spoken(result)}\n`);
      process.exitCode = result.decision === "told" ? EXIT.done : EXIT.indeterminate;
    });
}

function list(text: string): readonly number[] {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part.replaceAll("_", ""))));
  if (!numbers.every((value) => Number.isFinite(value) && value >= 0))
    throw new InvalidArgumentError(`Got "${text}"; want numbers with commas between them, as 25,50,100.`);
  return numbers;
}

function arms(text: string): readonly string[] {
  const words = text.split(",").map((word) => word.trim());
  if (!words.every((word) => word === "mix" || word === "pretrain"))
    throw new InvalidArgumentError(`Got "${text}"; want mix, pretrain, or both with a comma between them.`);
  return words;
}

function finite(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError(`Got "${text}"; want a number.`);
  return value;
}

function nonNegative(text: string): number {
  const value = finite(text);
  if (value < 0) throw new InvalidArgumentError(`Got "${text}"; want a number from 0.`);
  return value;
}

function spoken(result: import("../jobs/plan.ts").PlanResult): string {
  const { answers, pilot } = result;
  return [
    "",
    ...result.sentences,
    ...(answers ? table(answers, pilot.metric.name) : []),
    ...(answers && answers.holes.length > 0
      ? [
          `\n${answers.holes.length} cell${answers.holes.length === 1 ? "" : "s"} without a value; the first: ${answers.holes[0]?.failure}`,
        ]
      : []),
    ...(result.folder === null ? [] : [`report  ${result.folder}/${answers ? "plan.html" : "pilot.csv"}`]),
  ].join("\n");
}

/** Means over seeds: a line for each number of real rows, a column for each multiple of synthetic ones. */
function table(answers: import("../hybrid/planner/answers.ts").PlanAnswers, metric: string): readonly string[] {
  const { measured } = answers;
  const multipleOf = (cell: { readonly real: number; readonly synthetic: number }): number =>
    Math.round((100 * cell.synthetic) / cell.real) / 100;
  const cells = measured.filter(({ real }) => real > 0);
  const multiples = [...new Set(cells.map(multipleOf))]
    .filter(
      (multiple) => new Set(cells.filter((cell) => multipleOf(cell) === multiple).map(({ real }) => real)).size > 1,
    )
    .sort((a, b) => a - b);
  const sizes = [...new Set(cells.filter((cell) => multiples.includes(multipleOf(cell))).map(({ real }) => real))].sort(
    (a, b) => a - b,
  );
  const shown = (real: number, multiple: number): string => {
    const found = cells.find((cell) => cell.real === real && multipleOf(cell) === multiple);
    return (found ? found.value.value.toPrecision(3) : "").padStart(9);
  };
  return [
    `\n${metric}, by real rows and synthetic rows for a real one:`,
    `${"real".padStart(8)}${multiples.map((multiple) => (multiple === 0 ? "none" : `× ${multiple}`).padStart(9)).join("")}`,
    ...sizes.map((real) => `${String(real).padStart(8)}${multiples.map((multiple) => shown(real, multiple)).join("")}`),
  ];
}
