import { join, resolve } from "node:path";
import { run as runTests } from "node:test";
import { type Table, takeRows } from "../../src/data/table.ts";
import { epsilonFor } from "../../src/dp/accountant.ts";
import { type Budget, createBudget } from "../../src/dp/budget.ts";
import { randomFromSeed, secureSource } from "../../src/random.ts";
import { declaredSchema } from "../../src/schema/declared-schema.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { completeSchema } from "../../src/synthesizers/private/complete-schema.ts";
import { chiSquaredRatio, discreteGaussianLaw } from "../../test/dp/laws.ts";
import { scriptedBudget } from "../../test/synthesizers/private/scripted-budget.ts";
import { audit } from "./audit.ts";
import { type Line, shortened } from "./show.ts";

/** Test files whose names say what must hold. */
const FILES = [
  "dp/accountant",
  "dp/bernoulli",
  "dp/budget",
  "dp/exponential",
  "dp/exponential-mechanism",
  "dp/samplers",
  "dp/stable-histogram",
  "synthesizers/private/complete-schema",
  "synthesizers/private/curator",
  "bench/audit",
  "bench/audit-bounds",
];

/** Runs the tests of the guarantee by Node's own runner: one line for each. */
export async function laws(): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const files = FILES.map((file) => resolve(".build", "test", `${file}.test.js`));
  const stream = runTests({ files, concurrency: 1, timeout: 300_000 });
  const told = (result: string) => (test: { name: string; file?: string; details: { duration_ms: number } }) => {
    const file = FILES.find((name) => test.file?.endsWith(join(".build", "test", `${name}.test.js`)));
    lines.push({ result, file: file ?? "", law: test.name });
  };
  stream.on("test:pass", told("holds"));
  stream.on("test:fail", told("FAILS"));
  for await (const _ of stream);
  return lines;
}

/** What a test says of the code as it is, and of the code with a fault. */
interface Verdict {
  readonly number: string;
  readonly accused: boolean;
}

interface Fault {
  readonly fault: string;
  readonly test: string;
  run(faulty: boolean): Verdict | Promise<Verdict>;
}

/** Plants each fault and runs the test that can see it, over the code as it is as well. */
export async function faults(): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const { fault, test, run } of FAULTS) {
    const [right, wrong] = [await run(false), await run(true)];
    lines.push({
      fault,
      "caught by": test,
      "with the fault": `${wrong.number}: ${wrong.accused ? "caught" : "NOT CAUGHT"}`,
      without: `${right.number}: ${right.accused ? "ACCUSED" : "passes"}`,
    });
  }
  return lines;
}

const UNIT = { kind: "row", rows: 1 } as const;
const DRAWS = 200_000;

const FAULTS: readonly Fault[] = [
  {
    fault: "noise scale halved",
    test: "χ² of the noise against the law of the stated sigma, over its 1 − 1e-6 quantile",
    run: (faulty) => {
      const budget = createBudget({ epsilon: 1, delta: 1e-9, unit: UNIT, source: secureSource() });
      const rho = budget.rho / 8;
      const { sigma: stated } = budget.gaussian([0], { query: "one count", rho });
      const { noisy } = budget.gaussian(new Float64Array(DRAWS), { query: "zeros", rho: faulty ? 4 * rho : rho });
      let next = 0;
      const law = discreteGaussianLaw(stated * stated, Math.ceil(12 * stated));
      const ratio = chiSquaredRatio(() => noisy[next++] as number, law, DRAWS);
      return { number: `χ² is ${shortened(ratio, 2)} of its bound`, accused: ratio > 1 };
    },
  },
  {
    fault: "range and bins taken from the data",
    test: "neighbours: with the same answers, one row less must give the same domain",
    run: (faulty) => {
      const table = numbers(40);
      const whole = domainOf(table, faulty);
      const changed = Array.from({ length: table.rows }, (_, left) =>
        Uint32Array.from({ length: table.rows }, (_, row) => row).filter((row) => row !== left),
      ).filter((rows) => domainOf(takeRows(table, rows), faulty) !== whole).length;
      return { number: `${changed} of ${table.rows} neighbours see another domain`, accused: changed > 0 };
    },
  },
  {
    fault: "budget spent twice",
    test: "replay of the ledger: epsilon of all answers that were given",
    run: (faulty) => {
      const [asked, delta] = [1, 1e-9];
      const budget = createBudget({ epsilon: asked, delta, unit: UNIT, source: secureSource() });
      // The fault: answers beyond the budget come from one that nobody asked for.
      const second = faulty ? createBudget({ epsilon: asked, delta, unit: UNIT, source: secureSource() }) : undefined;
      const answered = [budget, second].flatMap((each) => (each ? spendAll(each) : []));
      const spent = epsilonFor(
        answered.reduce((sum, rho) => sum + rho, 0),
        delta,
      );
      return { number: `epsilon ${shortened(spent, 4)} of ${asked}`, accused: spent > asked };
    },
  },
  {
    fault: "budget asked for more than it has",
    test: "the budget itself: throws before anything is drawn",
    run: (faulty) => {
      const words = { drawn: 0 };
      const inner = secureSource();
      const source = {
        secure: true as const,
        uint32: () => {
          words.drawn++;
          return inner.uint32();
        },
      };
      const budget = createBudget({ epsilon: 1, delta: 1e-9, unit: UNIT, source });
      spendAll(budget);
      const before = words.drawn;
      try {
        if (faulty) budget.gaussian([0], { query: "once more", rho: budget.rho / 10 });
        return { number: "ten measurements within it, all answered", accused: false };
      } catch (error) {
        return {
          number: `"${(error as { code?: string }).code}", ${words.drawn - before} words drawn`,
          accused: (error as { code?: string }).code === "budget-exceeded" && words.drawn === before,
        };
      }
    },
  },
  {
    fault: "a canary counted four times",
    test: "one-run audit, 20,000 canaries, white-box, 95 %: lower bound on epsilon",
    run: async (faulty) => {
      const { gaussianBound, refuted } = await audit({
        ...{ path: "gaussian", epsilon: 1, delta: 1e-9, weight: faulty ? 4 : 1 },
        ...{ random: randomFromSeed(90), source: secureSource() },
      });
      return { number: `epsilon ≥ ${shortened(gaussianBound, 2)} of 1`, accused: refuted };
    },
  },
];

/** Ten measurements that take the whole budget; what each cost. */
function spendAll(budget: Budget): readonly number[] {
  const rho = budget.rho / 10;
  for (let i = 0; i < 10; i++) budget.gaussian([0], { query: `measurement ${i + 1}`, rho });
  return budget.lines.map((line) => line.rho);
}

function numbers(rows: number): Table {
  const random = randomFromSeed(91);
  const values = Float64Array.from({ length: rows }, () => Math.round(100 * random.normal()));
  return { columns: [{ name: "amount", type: "number", storage: "integer", values }], rows };
}

/** The domain that a table gets when all answers are the same; the fault declares the range of the rows as if it were public. */
function domainOf(table: Table, faulty: boolean): string {
  const declared = declaredSchema(table, { override: undefined, keys: [] });
  const [column] = table.columns;
  const values = column?.type === "number" ? column.values : new Float64Array(0);
  const seen: TableSchema = {
    ...declared,
    columns: declared.columns.map((meaning) => ({ ...meaning, range: [Math.min(...values), Math.max(...values)] })),
  };
  return JSON.stringify(completeSchema(table, faulty ? seen : declared, { budget: scriptedBudget(92) }).schema);
}
