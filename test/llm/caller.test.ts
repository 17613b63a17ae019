import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Cancelled } from "../../src/errors.ts";
import type { Call, CallResult } from "../../src/llm/call.ts";
import { type BudgetedCaller, type CallerOptions, createCaller } from "../../src/llm/caller.ts";
import type { Journal, JournalTotals } from "../../src/llm/journal/journal.ts";
import { openJournal } from "../../src/llm/journal/open-journal.ts";
import type { Exchange, Model } from "../../src/llm/model.ts";
import { openModel } from "../../src/llm/providers/index.ts";
import { randomFromSeed } from "../../src/random.ts";
import { type MockOptions, startMockModels } from "../servers/mock-models.ts";
import { type PlainLane, plainLane } from "./plain-lane.ts";

const clock = { milliseconds: () => performance.now() };
const root = await mkdtemp(join(tmpdir(), "caller-"));
after(() => rm(root, { recursive: true }));

interface Setup {
  readonly mock: Awaited<ReturnType<typeof startMockModels>>;
  readonly model: Model;
  readonly lane: PlainLane;
  readonly folder: string;
  journal: Journal;
  caller(options?: Partial<CallerOptions> & { readonly hedge?: number; readonly timeoutMs?: number }): BudgetedCaller;
  reopen(): Promise<void>;
}

let folders = 0;

/** A mock endpoint, its model, a journal and callers over them. */
async function withSetup(
  options: MockOptions & { readonly lane?: PlainLane; readonly apiKey?: string },
  body: (setup: Setup) => Promise<void>,
): Promise<void> {
  const { lane = plainLane(), ...mockOptions } = options;
  const mock = await startMockModels({ words: 5, ...mockOptions });
  const folder = join(root, `journal-${folders++}`);
  const model = await openModel(
    { provider: "openai", model: "mock", baseUrl: mock.baseUrl, ...(options.apiKey && { apiKey: { env: "KEY" } }) },
    { name: "writer", effects: { environment: { KEY: options.apiKey }, readText: () => Promise.reject(new Error()) } },
  );
  const signal = new AbortController().signal;
  const callers: BudgetedCaller[] = [];
  const setup: Setup = {
    mock,
    model,
    lane,
    folder,
    journal: await openJournal(folder, { clock }),
    caller({ hedge, timeoutMs = 5000, ...rest } = {}) {
      const price = { input: 1000, output: 2000 };
      const caller = createCaller({
        models: { writer: { model, lane, tries: 6, timeoutMs, price, ...(hedge && { hedge }) } },
        journal: setup.journal,
        recipeVersion: 1,
        clock,
        random: randomFromSeed(1),
        signal,
        ...rest,
      });
      callers.push(caller);
      return caller;
    },
    async reopen() {
      await setup.journal.close();
      setup.journal = await openJournal(folder, { clock });
    },
  };
  try {
    await body(setup);
    assert.equal(lane.out, 0, "every permit was given back");
  } finally {
    for (const caller of callers) await caller.close();
    await setup.journal.close();
    await model.close();
    await mock.close();
  }
}

const ask = (text: string, rest: Partial<Call> = {}): Call => ({
  model: "writer",
  request: { kind: "chat", messages: [{ role: "user", content: text }], parameters: { maxTokens: 20 } },
  sample: 0,
  column: "question",
  priority: 0,
  ...rest,
});

const questions = (count: number): Call[] => Array.from({ length: count }, (_, i) => ask(`Question ${i}?`));

const totalsOf = (journal: Journal): JournalTotals => journal.totals().get("writer") as JournalTotals;

function answerOf(result: CallResult): string {
  assert.ok(result.answer, JSON.stringify(result.failure));
  return result.answer.text;
}

test("an answer is asked once: found by the next call, after closing, and offline", async () => {
  await withSetup({}, async (setup) => {
    const first = await setup.caller().call(ask("Why?"));
    assert.equal(first.record?.replayed, false);
    assert.ok((first.record?.price ?? 0) > 0);
    const again = await setup.caller().call(ask("Why?"));
    assert.deepEqual(again.answer, first.answer);
    assert.equal(again.record?.replayed, true);
    await setup.reopen();
    const offline = setup.caller({ offline: true });
    const later = await offline.call(ask("Why?"));
    assert.deepEqual(later.answer, first.answer);
    assert.equal(later.record?.price, first.record?.price);
    assert.equal(later.record?.milliseconds, first.record?.milliseconds);
    assert.equal((await offline.call(ask("Why not?"))).failure?.kind, "not-recorded");
    assert.equal((await setup.mock.stats()).calls, 1);
  });
});

test("equal calls that are under way share one request; another sample or column does as it should", async () => {
  await withSetup({ latency: "30" }, async (setup) => {
    const caller = setup.caller();
    const results = await Promise.all([
      caller.call(ask("Why?")),
      caller.call(ask("Why?", { column: "other", priority: 5 })),
      caller.call(ask("Why?", { sample: 1 })),
    ]);
    assert.deepEqual(
      results.map(({ record }) => [record?.column, record?.replayed]),
      [
        ["question", false],
        ["other", true],
        ["question", false],
      ],
    );
    assert.equal(results[0]?.record?.key, results[1]?.record?.key);
    assert.notEqual(results[0]?.record?.key, results[2]?.record?.key);
    assert.equal((await setup.mock.stats()).calls, 2);
  });
});

test("faults are asked again until there is an answer, and the journal's totals are the server's", async () => {
  await withSetup({ faults: { error500: 0.1, reset: 0.03, truncate: 0.05, html: 0.03 } }, async (setup) => {
    const caller = setup.caller();
    const results = await Promise.all(questions(150).map((call) => caller.call(call)));
    for (const result of results) answerOf(result);
    const stats = await setup.mock.stats();
    const totals = totalsOf(setup.journal);
    assert.equal(totals.requests, stats.calls);
    assert.equal(totals.answers, 150);
    assert.equal(totals.failures, stats.calls - 150);
    assert.equal(
      totals.unknown.calls,
      (stats.faults.reset ?? 0) + (stats.faults.truncate ?? 0) + (stats.faults.html ?? 0),
    );
    const told = totals.promptTokens + totals.completionTokens;
    assert.ok(told <= stats.tokens.billed && stats.tokens.billed <= told + totals.unknown.mostTokens);
    assert.ok(stats.tokens.billed > told, "a torn answer was billed");
    const paid = results.reduce((sum, { record }) => sum + (record?.price ?? Number.NaN), 0);
    assert.ok(Math.abs(paid - totals.price) < 1e-9);
    assert.equal(setup.lane.outcomes.length, stats.calls);
    await setup.reopen();
    assert.deepEqual(totalsOf(setup.journal), totals);
  });
});

test("refusals for being too many cost no try and lose nothing", async () => {
  await withSetup({ latency: "10", capacity: "2", retryAfter: 0.01, lane: plainLane({ places: 8 }) }, async (setup) => {
    const caller = setup.caller();
    const results = await Promise.all(questions(40).map((call) => caller.call(call)));
    for (const result of results) answerOf(result);
    const { status } = await setup.mock.stats();
    assert.ok((status["429"] ?? 0) > 20);
    assert.equal(totalsOf(setup.journal).unknown.calls, 0);
    // The first refusal of a call goes back into the queue at once.
    assert.ok(setup.lane.delays.filter((delay) => delay === 0).length > 40);
  });
});

test("what no retry can mend is asked once", async () => {
  await withSetup({ models: "another" }, async (setup) => {
    const { failure } = await setup.caller().call(ask("Why?"));
    assert.equal(failure?.kind, "no-model");
    assert.equal((await setup.mock.stats()).calls, 1);
  });
});

test("a call that fails at every try says how often it was tried, and no other call suffers", async () => {
  await withSetup({ faults: { error500: 0.5 }, faultSticky: true }, async (setup) => {
    const caller = setup.caller();
    const results = await Promise.all(questions(30).map((call) => caller.call(call)));
    const failures = results.flatMap(({ failure }) => failure ?? []);
    assert.ok(failures.length > 5 && failures.length < 25);
    for (const failure of failures)
      assert.deepEqual([failure.kind, "tries" in failure && failure.tries], ["server", 6]);
  });
});

for (const [name, limit] of [
  ["calls", 10],
  ["tokens", 400],
  ["money", 0.4],
] as const) {
  test(`a budget of ${name} is filled and never passed, by many calls at a time and by a second run`, async () => {
    await withSetup({ latency: "5", faults: { error500: 0.05, truncate: 0.1 } }, async (setup) => {
      const spent = async (): Promise<number> => {
        const { tokens, status } = await setup.mock.stats();
        if (name === "calls") return status["200"] ?? 0;
        return name === "tokens" ? tokens.billed : (tokens.prompt * 1000 + tokens.completion * 2000) / 1e6;
      };
      let answered = 0;
      for (let run = 0; run < 2; run++) {
        const caller = setup.caller({ budget: { [name]: limit } });
        const results = await Promise.all(questions(60).map((call) => caller.call(call)));
        answered = results.filter(({ answer }) => answer).length;
        const refused = results.filter(({ failure }) => failure?.kind === "budget");
        assert.equal(answered + refused.length, 60);
        assert.ok((await spent()) <= limit, `${await spent()} of ${limit}`);
        assert.match(
          String(refused[0]?.failure?.message),
          /^The budget of .* does not bear another request: .* are spent/,
        );
        await setup.reopen();
      }
      // It stops where one more might pass it, not at the worst case of all that were under way.
      assert.ok(answered >= 6, `${answered} answers`);
    });
  });
}

test("after the budget's seconds nothing is sent; what is under way is kept", async () => {
  await withSetup({ latency: "300", lane: plainLane({ places: 2 }) }, async (setup) => {
    const caller = setup.caller({ budget: { seconds: 0.1 } });
    const results = await Promise.all(questions(6).map((call) => caller.call(call)));
    assert.deepEqual(
      results.map(({ answer, failure }) => (answer ? "answer" : failure?.kind)),
      ["answer", "answer", "budget", "budget", "budget", "budget"],
    );
    assert.equal((await caller.call(ask("Later?"))).failure?.kind, "budget");
  });
});

test("a limit of money needs a price; a limit must be above zero", async () => {
  await withSetup({}, async (setup) => {
    const models = { writer: { model: setup.model, lane: setup.lane, tries: 1, timeoutMs: 1000, price: null } };
    assert.throws(() => setup.caller({ models, budget: { money: 1 } }), { code: "unknown-price" });
    assert.throws(() => setup.caller({ budget: { tokens: 0 } }), { code: "bad-budget" });
    const { record } = await setup.caller({ models, budget: { tokens: 1000 } }).call(ask("Why?"));
    assert.equal(record?.price, null);
    assert.equal(totalsOf(setup.journal).unpriced, 1);
  });
});

test("a slow request gets a second one beside it; the first answer counts, and no permit is lost", async () => {
  await withSetup({ faults: { hang: 0.2 }, lane: plainLane({ quantile: 80 }) }, async (setup) => {
    const caller = setup.caller({ hedge: 0.9, timeoutMs: 500 });
    const results = await Promise.all(questions(40).map((call) => caller.call(call)));
    const answered = results.filter(({ answer }) => answer).length;
    while ((await setup.mock.stats()).inFlight > 0) await new Promise((done) => setTimeout(done, 5));
    const { aborted, calls } = await setup.mock.stats();
    assert.ok(aborted > 2 && calls > 40, `${aborted} aborted, ${calls} calls`);
    assert.equal(answered, 40);
    // One that was given up may have been answered in the same moment, or not have left yet.
    const { requests, unknown } = totalsOf(setup.journal);
    assert.ok(requests >= calls);
    assert.ok(unknown.calls >= aborted && unknown.calls <= requests - answered);
  });
});

test("a request whose second one may not be sent any more is still waited for", async () => {
  await withSetup({ latency: "120", lane: plainLane({ places: 1, quantile: 20 }) }, async (setup) => {
    const stopping = new AbortController();
    const call = setup.caller({ stopping: stopping.signal, hedge: 0.9 }).call(ask("Why?"));
    setTimeout(() => stopping.abort(), 60);
    answerOf(await call);
    assert.deepEqual([totalsOf(setup.journal).requests, totalsOf(setup.journal).answers], [1, 1]);
  });
});

test("stopping waits for what is under way and sends no more; the signal gives up", async () => {
  await withSetup({ latency: "100", lane: plainLane({ places: 2 }) }, async (setup) => {
    const stopping = new AbortController();
    const calls = questions(5).map((call) => setup.caller({ stopping: stopping.signal }).call(call));
    setTimeout(() => stopping.abort(), 30);
    const ended = await Promise.allSettled(calls);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ["fulfilled", "fulfilled", "rejected", "rejected", "rejected"],
    );
    for (const one of ended) if (one.status === "rejected") assert.ok(one.reason instanceof Cancelled);
    assert.equal(totalsOf(setup.journal).answers, 2);
  });
  await withSetup({ latency: "5000" }, async (setup) => {
    const abort = new AbortController();
    const call = setup.caller({ signal: abort.signal }).call(ask("Why?"));
    setTimeout(() => abort.abort(), 30);
    await assert.rejects(call, Cancelled);
    assert.equal(totalsOf(setup.journal).unknown.calls, 1);
  });
});

test("requests to an endpoint that is not there cost nothing, also in the worst case", async () => {
  await withSetup({}, async (setup) => {
    const model = await openModel(
      { provider: "openai", model: "mock", baseUrl: "http://127.0.0.1:9/v1" },
      { name: "writer", effects: { environment: {}, readText: () => Promise.reject(new Error()) } },
    );
    const price = { input: 1, output: 1 };
    const caller = setup.caller({
      models: { writer: { model, lane: setup.lane, tries: 3, timeoutMs: 1000, price } },
      budget: { calls: 2, tokens: 100 },
    });
    const results = await Promise.all(questions(5).map((call) => caller.call(call)));
    await model.close();
    assert.deepEqual(
      results.map(({ failure }) => failure?.kind),
      Array(5).fill("network"),
    );
    assert.deepEqual(caller.spent, { money: 0, tokens: 0, calls: 0 });
    assert.deepEqual([totalsOf(setup.journal).failures, totalsOf(setup.journal).unknown.calls], [15, 0]);
  });
});

test("closing waits for what is under way; a call that is no longer wanted sends nothing, and another of its key does", async () => {
  await withSetup({ latency: "60", lane: plainLane({ places: 1 }) }, async (setup) => {
    const caller = setup.caller();
    let wanted = true;
    const calls = [
      caller.call(ask("First?")),
      caller.call(ask("Second?", { isWanted: () => wanted })),
      caller.call(ask("Second?", { column: "other" })),
      caller.call(ask("Third?")),
    ];
    wanted = false;
    const [, second, other] = await Promise.allSettled(calls.slice(0, 3));
    assert.ok(second?.status === "rejected" && second.reason instanceof Cancelled);
    assert.ok(other?.status === "fulfilled" && other.value.record?.replayed === false);
    void caller.call(ask("Fourth?")).catch(() => {});
    await caller.close();
    await assert.rejects(caller.call(ask("Fifth?")), Cancelled);
    const { calls: sent } = await setup.mock.stats();
    assert.equal(totalsOf(setup.journal).answers, sent);
    assert.ok(sent <= 3);
  });
});

test("where a model finds more tokens in a prompt than was estimated, the next estimate is as high", async () => {
  await withSetup({}, async (setup) => {
    const usage = { promptTokens: 180, completionTokens: 20 };
    const exchange: Exchange = { answer: { text: "a", finish: "stop", usage, charged: null, model: "m" } };
    const model: Model = { ...setup.model, send: async () => exchange };
    const price = { input: 1, output: 1 };
    const caller = setup.caller({
      models: { writer: { model, lane: setup.lane, tries: 1, timeoutMs: 1000, price } },
      budget: { tokens: 399 },
    });
    assert.ok((await caller.call(ask("Why?"))).answer);
    const { failure } = await caller.call(ask("How?"));
    assert.match(String(failure?.message), /200 tokens are spent, and it may come to 200 tokens/);
  });
});

test("numbers of tokens that cannot be are not believed", async () => {
  await withSetup({}, async (setup) => {
    const usage = { promptTokens: -1e9, completionTokens: 2 };
    const exchange: Exchange = { answer: { text: "a", finish: "stop", usage, charged: Number.NaN, model: "m" } };
    const odd: Model = { ...setup.model, send: async () => exchange };
    const caller = setup.caller({
      models: { writer: { model: odd, lane: setup.lane, tries: 1, timeoutMs: 1000, price: { input: 1, output: 1 } } },
    });
    const { record } = await caller.call(ask("Why?"));
    assert.deepEqual([record?.usage, record?.price], [null, null]);
    assert.equal(caller.spent.tokens, 2 + 2 * 8 + 20, "the worst case");
  });
});

test("the key of an endpoint is in no file of the journal and in no message", async () => {
  const canary = "sk-canary-7f3a9c1e5b";
  await withSetup({ apiKey: canary, faults: { error500: 0.3 } }, async (setup) => {
    const caller = setup.caller();
    const results = await Promise.all(questions(20).map((call) => caller.call(call)));
    assert.doesNotMatch(JSON.stringify([results, [...setup.journal.totals()]]), new RegExp(canary));
    await setup.journal.close();
    for (const name of await readdir(setup.folder))
      assert.equal((await readFile(join(setup.folder, name))).includes(canary), false);
  });
});
