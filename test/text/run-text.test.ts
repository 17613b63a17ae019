import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Cancelled } from "../../src/errors.ts";
import { randomFromSeed } from "../../src/random.ts";
import { type RunTextOptions, runText, type TextProgress, type TextRun } from "../../src/text/run-text.ts";
import type { CellOutcome, Row, Step } from "../../src/text/step.ts";
import { deduplicateFilter } from "../../src/text/steps/deduplicate.ts";
import { ownCell } from "../../src/text/steps/own.ts";
import { callStep, type SimulatedOptions, simulatedModels } from "./simulated-models.ts";

/** A number in [0, 1) of a row and a purpose. */
const chance = (...labels: (string | number)[]): number =>
  labels.reduce<ReturnType<typeof randomFromSeed>>((random, label) => random.split(label), randomFromSeed(1)).uniform();

const attempt = (index: number) => ({ sample: index, source: {}, sourceIndex: null, identity: index });

interface Made {
  readonly run: TextRun;
  /** What was handed over, one line each: the bytes of accepted and of rejected rows. */
  readonly accepted: string[];
  readonly rejected: string[];
  readonly calls: number;
  readonly milliseconds: number;
}

async function make(
  steps: readonly Step[],
  options: Partial<RunTextOptions> & Pick<RunTextOptions, "rows">,
  models: SimulatedOptions = { latency: () => 100 },
): Promise<Made> {
  const simulated = simulatedModels(models);
  const accepted: string[] = [];
  const rejected: string[] = [];
  let before = -1;
  const inOrder = (row: Row): void => {
    assert.ok(row.index > before, `row ${row.index} after ${before}`);
    before = row.index;
  };
  const run = await simulated.until(() =>
    runText(
      { steps },
      {
        attempt,
        random: randomFromSeed(0),
        caller: simulated.caller,
        clock: simulated.clock,
        ...options,
        async onAccepted(row, calls) {
          inOrder(row);
          accepted.push(JSON.stringify([row, calls.map(({ step, record }) => [step, record.key])]));
          await options.onAccepted?.(row, calls);
        },
        async onRejected(row, { calls: _, ...rejection }) {
          inOrder(row);
          rejected.push(JSON.stringify([row.index, rejection]));
        },
      },
    ),
  );
  return { run, accepted, rejected, calls: simulated.calls, milliseconds: simulated.clock.milliseconds() };
}

const deduplicate = (name: string, cell: string): Step => ({
  name,
  reads: [cell],
  after: [],
  stream: () => deduplicateFilter({ name, deduplicate: [cell] }),
});

const check = (name: string, reads: readonly string[], rejects: (row: Row) => boolean): Step => ({
  name,
  reads,
  after: [],
  cell: (row): CellOutcome =>
    rejects(row) ? { reject: { reason: "check", detail: `row ${row.index}` } } : { value: true },
});

/** 30 % are rejected by a check, and of the rest about one in five is like another. */
const picky: readonly Step[] = [
  callStep("question", { made: (index) => ({ value: `Q ${Math.floor(chance("question", index) * 1500)}` }) }),
  callStep("answer", { reads: ["question"] }),
  check("good", ["answer"], ({ index }) => chance("good", index) < 0.3),
  deduplicate("new", "question"),
];

/** What {@link picky} comes to, one row after another: the fewest attempts there can be, by whoever knew every verdict before. */
function inOneGo(rows: number): { readonly attempts: number; readonly accepted: readonly number[] } {
  const seen = new Set<number>();
  const accepted: number[] = [];
  let attempts = 0;
  for (; accepted.length < rows; attempts++) {
    const question = Math.floor(chance("question", attempts) * 1500);
    if (chance("good", attempts) < 0.3 || seen.has(question)) continue;
    seen.add(question);
    accepted.push(attempts);
  }
  return { attempts, accepted };
}

test("exactly as many rows are accepted as were asked for, and no row is begun in vain", async () => {
  const { run, accepted, calls } = await make(picky, { rows: 500 });
  assert.equal(run.accepted, 500);
  assert.equal(accepted.length, 500);
  assert.equal(run.stopped, null);
  assert.equal(run.attempts, 500 + run.rejected);
  assert.equal(run.unfinished, 0);
  assert.equal(calls, 2 * run.attempts);
  assert.equal(run.attempts, inOneGo(500).attempts);
  assert.deepEqual(
    run.rejections.map(({ step, reason }) => [step, reason]),
    [
      ["good", "check"],
      ["new", "duplicate"],
    ],
  );
  for (const { matched, index } of run.rejections[1]?.examples ?? []) assert.ok((matched as number) < index);
});

test("answers in any order give the same rows, the same rejections, the same cents", async () => {
  const first = new Map<number, Made>();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.constantFrom(1, 3, 50, 1000),
      fc.constantFrom(5, 30, 200, 16_384),
      fc.constantFrom(1, 2, 15, 100),
      async (seed, capacity, window, rows) => {
        const latencies = randomFromSeed(seed);
        const made = await make(
          picky,
          { rows, window, concurrency: 16 },
          { capacity: { model: capacity }, latency: () => 1 + latencies.integer(300) ** 2 },
        );
        const known = first.get(rows) ?? made;
        first.set(rows, known);
        assert.deepEqual(made.accepted, known.accepted);
        assert.deepEqual(made.rejected, known.rejected);
        assert.deepEqual({ ...made.run, seconds: 0 }, { ...known.run, seconds: 0 });
        const { attempts, accepted } = inOneGo(rows);
        assert.equal(made.run.attempts, attempts);
        assert.deepEqual(
          made.accepted.map((line) => JSON.parse(line)[0].index),
          accepted,
        );
      },
    ),
    { numRuns: 25, seed: 7 },
  );
});

test("wherever a run stops, the rows handed over are good, none twice, and all are accounted for", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 150 }), fc.integer({ min: 0, max: 2 ** 31 }), async (calls, seed) => {
      const latencies = randomFromSeed(seed);
      let asked = 0;
      const { run, accepted, rejected } = await make(
        picky,
        { rows: 100 },
        {
          capacity: { model: 20 },
          latency: () => 1 + latencies.integer(200),
          answer: () =>
            asked++ >= calls ? ({ answer: undefined, failure: { kind: "budget", message: "spent" } } as never) : {},
        },
      );
      assert.deepEqual(run.stopped, { reason: "budget", detail: "spent" });
      assert.deepEqual([accepted.length, rejected.length], [run.accepted, run.rejected]);
      assert.equal(run.attempts, run.accepted + run.rejected + run.unfinished);
      const rows = accepted.map((line): Row => JSON.parse(line)[0]);
      assert.equal(new Set(rows.map(({ cells }) => cells.question)).size, rows.length);
      for (const { index, cells } of rows) {
        assert.deepEqual(Object.keys(cells), ["question", "answer", "good"]);
        assert.ok(chance("good", index) >= 0.3);
      }
      const paid = run.spending.reduce((sum, { calls: one }) => sum + one, 0);
      assert.ok(paid >= calls && paid <= calls + 20, `${paid} of ${calls}`);
    }),
    { numRuns: 20, seed: 7 },
  );
});

test("a row waits for a slow one only to be handed over", async () => {
  // Row 0 takes as long as a hundred others; all the same only the last wave comes after it.
  const { milliseconds, run } = await make(
    [callStep("text")],
    { rows: 400 },
    { capacity: { model: 4 }, latency: ({ sample }) => (sample === 0 ? 10_000 : 100) },
  );
  assert.equal(run.accepted, 400);
  // 399 rows on three places take 13,300 ms, of which row 0 gives its place back after 10,000.
  assert.ok(milliseconds <= 12_600, `${milliseconds} ms`);
});

test("no more rows are alive than the window allows", async () => {
  let begun = 0;
  let handed = 0;
  let most = 0;
  const { run } = await make(
    [callStep("text"), check("good", ["text"], ({ index }) => index % 3 === 1)],
    {
      rows: 3000,
      window: 100,
      attempt: (index) => {
        begun++;
        most = Math.max(most, begun - handed);
        return attempt(index);
      },
      onAccepted: ({ index }) => {
        handed = index;
      },
    },
    { latency: ({ sample }) => (sample % 500 === 7 ? 5000 : 10) },
  );
  assert.equal(run.accepted, 3000);
  assert.ok(most <= 102, `${most}`);
});

test("a writer that is slow holds the run up, not memory", async () => {
  let waiting = 0;
  let begun = 0;
  const written: number[] = [];
  const { run } = await make([callStep("text")], {
    rows: 200,
    window: 20,
    attempt: (index) => {
      begun++;
      assert.ok(begun - written.length <= 21);
      return attempt(index);
    },
    async onAccepted(row) {
      assert.equal(++waiting, 1, "one row at a time");
      await new Promise((done) => setImmediate(done));
      waiting--;
      written.push(row.index);
    },
  });
  assert.equal(run.accepted, 200);
  assert.deepEqual(written, [...Array(200).keys()]);
});

test("a check gates the calls listed after it, and one that rejects at once costs nothing", async () => {
  const steps: readonly Step[] = [
    { name: "topic", reads: [], after: [], cell: (_, { random }) => ({ value: random.integer(4) }) },
    callStep("early"),
    check("wanted", ["topic"], (row) => row.cells.topic === 0),
    callStep("gated", { after: ["wanted"] }),
  ];
  const { run } = await make(steps, { rows: 200 });
  assert.equal(run.accepted, 200);
  const paid = Object.fromEntries(run.spending.map(({ column, calls }) => [column, calls]));
  assert.equal(paid.gated, 200);
  // Nobody knows of the first row that "early" takes time.
  assert.ok((paid.early as number) <= 201);
});

test("cells stand in the order of the steps, and calls in that of the cells, whoever is first", async () => {
  const steps = [callStep("slow"), callStep("fast")];
  const { accepted } = await make(steps, { rows: 3 }, { latency: ({ column }) => (column === "slow" ? 9 : 1) });
  const [row, calls] = JSON.parse(accepted[0] as string);
  assert.deepEqual(Object.keys(row.cells), ["slow", "fast"]);
  assert.deepEqual(calls, [
    ["slow", "slow 0"],
    ["fast", "fast 0"],
  ]);
});

test("what is alike waits for no slow row to be replaced, whether the first of it is accepted already or not", async () => {
  // Of ten rows eight are like another, and one is slow: the one after the first of the alike, or before. Their replacements are like nothing.
  for (const [slow, alike] of [
    [1, [0, 2, 3, 4, 5, 6, 7, 8, 9]],
    [0, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ] as const) {
    const steps = [
      callStep("text", { made: (index) => ({ value: alike.includes(index as never) ? "alike" : `text ${index}` }) }),
      deduplicate("new", "text"),
    ];
    const { milliseconds, run } = await make(
      steps,
      { rows: 10 },
      // The later of the alike is answered first.
      { latency: ({ sample }) => (sample === slow ? 1000 : 100 - (sample % 10)) },
    );
    assert.equal(run.attempts, 18);
    assert.equal(milliseconds, 1000);
    assert.deepEqual(
      run.rejections[0]?.examples.map(({ matched }) => matched),
      Array(5).fill(alike[0]),
    );
  }
});

test("a row like one that a later filter refuses stays", async () => {
  const steps: readonly Step[] = [
    callStep("text", { made: () => ({ value: "the same" }) }),
    deduplicate("new", "text"),
    {
      name: "late",
      reads: [],
      after: [],
      stream: () => ({
        offer: async ({ index }) => (index < 2 ? { reason: "late", detail: "too early" } : undefined),
      }),
    },
  ];
  const { run, rejected } = await make(steps, { rows: 1, mostAttempts: 10 });
  assert.equal(run.accepted, 1);
  assert.equal(run.attempts, 3);
  assert.deepEqual(
    rejected.map((line) => JSON.parse(line)[1].step),
    ["late", "late"],
  );
});

test("a row that nothing helps costs itself alone", async () => {
  const { run, accepted } = await make(
    [callStep("text")],
    { rows: "all", attempt: (i) => (i < 50 ? attempt(i) : undefined) },
    {
      latency: () => 10,
      answer: ({ sample }) =>
        sample === 13
          ? ({
              answer: undefined,
              failure: { kind: "server", status: 500, message: "no", retryAfterMs: null, tries: 6 },
            } as never)
          : {},
    },
  );
  assert.equal(accepted.length, 49);
  assert.deepEqual([run.asked, run.attempts, run.rejected, run.stopped], [50, 50, 1, null]);
  assert.equal(run.rejections[0]?.examples[0]?.index, 13);
});

test("a budget that is used up ends the run: what was paid for is awaited, what is good is handed over", async () => {
  let asked = 0;
  const { run, accepted, calls } = await make(
    [callStep("a"), callStep("b", { reads: ["a"] }), check("free", ["b"], () => false)],
    { rows: 1000 },
    {
      capacity: { model: 10 },
      latency: ({ sample }) => 10 + (sample % 7),
      answer: () =>
        ++asked > 300
          ? ({ answer: undefined, failure: { kind: "budget", message: "$1.00 of $1.00 are spent" } } as never)
          : {},
    },
  );
  assert.deepEqual(run.stopped, { reason: "budget", detail: "$1.00 of $1.00 are spent" });
  assert.equal(run.accepted, accepted.length);
  assert.ok(run.accepted > 100 && run.accepted <= 150, `${run.accepted}`);
  assert.equal(run.attempts, run.accepted + run.rejected + run.unfinished);
  // Those that were on their way, and none of the many that waited for their turn.
  assert.ok(calls <= 320, `${calls}`);
});

test("a run of which every row is rejected is given up, with the reasons counted", async () => {
  const { run } = await make(
    [callStep("text"), check("good", ["text"], () => true)],
    { rows: 1000 },
    {
      capacity: { model: 8 },
      latency: () => 10,
    },
  );
  assert.equal(run.stopped?.reason, "every-row-rejected");
  assert.match(run.stopped?.detail ?? "", /None of the first 132 rows was accepted: 132 by "good" \(check\)\./);
  assert.equal(run.accepted, 0);
});

test("attempts and sources that are used up are told, and the good rows are there", async () => {
  const half = [callStep("text"), check("good", ["text"], ({ index }) => index % 2 === 1)];
  const attempts = await make(half, { rows: 100, mostAttempts: 150 });
  assert.deepEqual(
    [attempts.run.accepted, attempts.run.attempts, attempts.run.stopped?.reason],
    [75, 150, "attempts-used-up"],
  );
  const source = await make(half, { rows: 100, attempt: (i) => (i < 120 ? attempt(i) : undefined) });
  assert.deepEqual([source.run.accepted, source.run.attempts, source.run.stopped?.reason], [60, 120, "source-used-up"]);
  const none = await make(half, { rows: "all", attempt: () => undefined });
  assert.deepEqual([none.run.asked, none.run.accepted, none.run.stopped], [0, 0, null]);
});

test("a run that is cancelled leaves nothing running and hands over nothing more", async () => {
  const controller = new AbortController();
  const models = simulatedModels({ capacity: { model: 5 }, latency: ({ sample }) => 10 + (sample % 3) });
  let isOver = false;
  let handed = 0;
  let running = 0;
  const step = callStep("text");
  const run = () =>
    runText(
      {
        steps: [
          {
            ...step,
            async cell(row, context) {
              running++;
              try {
                return (await step.cell?.(row, context)) as CellOutcome;
              } finally {
                running--;
              }
            },
          },
        ],
      },
      {
        rows: 500,
        attempt,
        random: randomFromSeed(0),
        caller: models.caller,
        clock: models.clock,
        signal: controller.signal,
        onAccepted() {
          assert.equal(isOver, false);
          if (++handed === 50) controller.abort();
        },
      },
    );
  await assert.rejects(models.until(run), Cancelled);
  isOver = true;
  assert.equal(handed, 50);
  assert.equal(running, 0);
  await assert.rejects(
    async () =>
      runText(
        { steps: [] },
        {
          rows: 1,
          attempt,
          random: randomFromSeed(0),
          caller: models.caller,
          clock: models.clock,
          signal: controller.signal,
          onAccepted() {},
        },
      ),
    Cancelled,
  );
});

test("an error that is no outcome ends the run with it, once nothing runs", async () => {
  const broken = (where: "step" | "call" | "accepted" | "attempt" | "filter") =>
    make(
      [
        callStep("text", {
          made: (index) => {
            if (where === "call" && index === 20) throw new Error("broken");
            return { value: "x" };
          },
        }),
        check("step", [], ({ index }) => {
          if (where === "step" && index === 20) throw new Error("broken");
          return false;
        }),
        {
          name: "filter",
          reads: [],
          after: [],
          stream: () => ({
            offer: () => undefined,
            early: ({ index }) => {
              if (where === "filter" && index === 21) throw new Error("broken");
              return undefined;
            },
          }),
        },
      ],
      {
        rows: 40,
        attempt: (index) => {
          if (where === "attempt" && index === 20) throw new Error("broken");
          return attempt(index);
        },
        onAccepted: ({ index }) => {
          if (where === "accepted" && index === 20) throw new Error("broken");
        },
      },
      { latency: ({ sample }) => 10 + sample * (sample % 2) },
    );
  for (const where of ["step", "call", "accepted", "attempt", "filter"] as const)
    await assert.rejects(broken(where), /broken/, where);
});

test("a step that never ends does not keep a run that is broken", async () => {
  const steps: readonly Step[] = [
    {
      name: "endless",
      reads: [],
      after: [],
      cell: ownCell({ name: "endless", run: () => new Promise(() => {}) }, undefined),
    },
    callStep("text", {
      made: () => {
        throw new Error("broken");
      },
    }),
  ];
  await assert.rejects(make(steps, { rows: 3 }), /broken/);
});

test("steps that come too early, or read what is not there, are refused", async () => {
  await assert.rejects(
    make([callStep("a", { reads: ["b"] }), callStep("b")], { rows: 1 }),
    /"b", which is not made before it/,
  );
  await assert.rejects(make([callStep("a", { after: ["c"] })], { rows: 1 }), /"c", which is no step/);
});

test("rows that need no model are made as they come, and the run lets others have their turn", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  let last = -1;
  const run = await runText(
    { steps: [{ name: "n", reads: [], after: [], cell: ({ index }) => ({ value: index }) }] },
    {
      rows: 100_000,
      attempt,
      random: randomFromSeed(0),
      caller: { call: () => Promise.reject(new Error("nobody asks")) },
      clock: { milliseconds: () => performance.now() },
      onAccepted(row) {
        assert.equal(row.cells.n, ++last);
      },
    },
  );
  clearInterval(timer);
  assert.equal(run.accepted, 100_000);
  assert.ok(turns > 20, `${turns}`);
});

test("progress is told, and at the end all of it", async () => {
  const told: TextProgress[] = [];
  const { run, milliseconds } = await make(
    picky,
    { rows: 50, events: { progress: (progress) => told.push(progress) } },
    { capacity: { model: 2 }, latency: () => 30 },
  );
  const { accepted, rejected, attempts: begun } = run;
  assert.deepEqual(told.at(-1), { asked: 50, accepted, rejected, begun, running: 0, seconds: milliseconds / 1000 });
  assert.ok(told.length > 5 && told.length <= 2 + milliseconds / 100, `${told.length}`);
});

test("without rows to make the run is over at once", async () => {
  const { run } = await make([callStep("text")], { rows: 0 });
  assert.deepEqual([run.accepted, run.attempts, run.stopped], [0, 0, null]);
});
