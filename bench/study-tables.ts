import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { flagsOf, printTable } from "./measure.ts";
import { writeStudyTables } from "./studies/table-files.ts";
import {
  aloneRows,
  armRows,
  countRow,
  gainRows,
  type MeasuredPlan,
  shareRows,
  verdictRows,
} from "./studies/table-measures.ts";
import { shareFile } from "./studies/table-pictures.ts";
import { inPicture, TABLE_PLANS, type TablePlan } from "./studies/table-plans.ts";

const MAIN = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const DATA = join("docs", "studies", "data");
const SIZES = [25, 50, 100, 250, 500, 1000];

/** The study of tables, `docs/studies/tables.md`: runs its plans, prints its tables, and writes pilots and pictures into `docs/studies/data`.
 * Flags: --plans=adult-gaussian-copula,…; --work=FOLDER keeps tables and plans there, and goes on with what is there. --quick: one plan of a few
 * cells, nothing written. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = flagsOf(options.flags);
  const names = flag("plans")?.split(",") ?? TABLE_PLANS.map(({ name }) => name);
  const asked = names.map((name) => {
    const plan = TABLE_PLANS.find((one) => one.name === name);
    if (!plan) throw new Error(`no plan "${name}"; there are ${TABLE_PLANS.map((one) => one.name).join(", ")}`);
    return plan;
  });
  const own = flag("work");
  const folder = own ?? mkdtempSync(join(tmpdir(), "counterfoil-study-"));
  mkdirSync(folder, { recursive: true });
  try {
    writeStudyTables(folder);
    const plans = options.quick ? asked.slice(0, 1).map(small) : asked;
    const measured = plans.map((plan) => planned(folder, plan));
    const tests = ["test", "shifted"] as const;
    for (const rows of [
      measured.flatMap((plan) => tests.map((test) => aloneRows(plan, test))),
      measured.flatMap((plan) => tests.map((test) => countRow(plan, test))),
      measured.flatMap(verdictRows),
      measured.flatMap((plan) => tests.flatMap((test) => shareRows(plan, test))),
      measured.flatMap((plan) => gainRows(plan, SIZES)),
      measured.flatMap((plan) => armRows(plan, SIZES)),
    ])
      printTable(rows, options.json);
    if (!options.quick) await publish(folder, measured);
  } finally {
    if (own === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function small({ name, args }: TablePlan): TablePlan {
  return { name: `${name}-quick`, args: [...args.slice(0, args.indexOf("--real")), "--real", "25,50,100,200"] };
}

/** Runs a plan unless its folder is there. */
function planned(folder: string, { name, args }: TablePlan): MeasuredPlan {
  const result = join(folder, name, "plan.json");
  if (!existsSync(result)) {
    console.error(`counterfoil ${args.join(" ")}`);
    const child = spawnSync(process.execPath, [MAIN, ...args, "--out", name], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (child.status !== 0 && child.status !== 4) throw new Error(`${name}: exit ${child.status ?? child.signal}`);
  }
  const { answers, pilot } = JSON.parse(readFileSync(result, "utf8"));
  return { name, answers, cells: pilot.cells };
}

/** Pilots, and a picture for each table. */
async function publish(folder: string, plans: readonly MeasuredPlan[]): Promise<void> {
  mkdirSync(DATA, { recursive: true });
  for (const { name } of plans) copyFileSync(join(folder, name, "pilot.csv"), join(DATA, `tables-${name}-pilot.csv`));
  for (const table of ["adult", "support2"]) {
    const own = plans.filter(({ name }) => inPicture(table).includes(name));
    if (own.length > 0) writeFileSync(join(DATA, `tables-${table}-share.svg`), await shareFile(table, own));
  }
}
