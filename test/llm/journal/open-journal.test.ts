import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Journal, JournalRecord, JournalTotals, Result } from "../../../src/llm/journal/journal.ts";
import { openJournal } from "../../../src/llm/journal/open-journal.ts";
import { openJournalView } from "../../../src/llm/journal/open-journal-view.ts";
import { readJournal } from "../../../src/llm/journal/read-journal.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { spawnMockModels } from "../../servers/mock-models.ts";
import { askQuestions } from "./ask-questions.ts";

const clock = { milliseconds: () => performance.now() };
const root = await mkdtemp(join(tmpdir(), "journal-"));
after(() => rm(root, { recursive: true }));
let folders = 0;
const newFolder = (): string => join(root, String(folders++));

const keyOf = (i: number): string => i.toString(16).padStart(8, "0").repeat(4);

function resultOf(i: number, text = `Answer ${i}`): Omit<Result, "intent"> {
  const usage = { promptTokens: 10, completionTokens: 5 };
  const answer = { text, finish: "stop" as const, usage, charged: null, model: "m" };
  return { key: keyOf(i), model: "writer", column: "c", answer, price: 0.25, milliseconds: 3, tries: 1 };
}

function intend(journal: Journal, i: number): number {
  const most = { promptTokens: 20, completionTokens: 30, price: 0.5 };
  return journal.intent({ key: keyOf(i), model: "writer", column: "c", attempt: 1, most });
}

const write = (journal: Journal, i: number, text?: string): Promise<void> =>
  journal.result({ ...resultOf(i, text), intent: intend(journal, i) });

const totalsOf = (journal: Journal): JournalTotals => journal.totals().get("writer") as JournalTotals;

test("answers are found when they are durable, after closing, and over many files", async () => {
  const folder = newFolder();
  const options = { clock, segmentBytes: 2000 };
  let journal = await openJournal(folder, options);
  const writing = write(journal, 0);
  assert.equal(journal.find(keyOf(0)), undefined, "not before it is on the disk");
  await writing;
  await Promise.all(Array.from({ length: 49 }, (_, i) => write(journal, i + 1)));
  for (let round = 0; round < 2; round++) {
    assert.equal(journal.answers, 50);
    for (let i = 49; i >= 0; i--) assert.deepEqual(journal.find(keyOf(i)), { ...resultOf(i), intent: i });
    assert.equal(journal.find(keyOf(50)), undefined);
    assert.deepEqual(journal.notices, []);
    assert.deepEqual(totalsOf(journal), {
      requests: 50,
      answers: 50,
      failures: 0,
      wasted: 0,
      promptTokens: 500,
      completionTokens: 250,
      cachedTokens: 0,
      uncounted: 0,
      price: 12.5,
      unpriced: 0,
      unknown: { calls: 0, mostTokens: 0, mostPrice: 0 },
    });
    await journal.close();
    journal = await openJournal(folder, options);
  }
  await journal.close();
  const files = await readdir(folder);
  assert.ok(files.length > 5);
  for (const name of files)
    assert.ok((await stat(join(folder, name))).size <= 2000, "room that was set aside is given back");
});

test("of several answers to one key the first counts, and all were paid", async () => {
  const folder = newFolder();
  let journal = await openJournal(folder, { clock });
  await write(journal, 1, "first");
  await write(journal, 1, "second");
  for (let round = 0; round < 2; round++) {
    assert.equal(journal.find(keyOf(1))?.answer.text, "first");
    assert.equal(totalsOf(journal).answers, 2);
    await journal.close();
    journal = await openJournal(folder, { clock });
  }
  await journal.close();
});

test("requests whose end nobody knows are counted with their worst case", async () => {
  const folder = newFolder();
  const journal = await openJournal(folder, { clock });
  const failure = { model: "writer", column: "c", status: 500, message: "", usage: null, price: null, milliseconds: 1 };
  const kind = "server" as const;
  journal.failure({ ...failure, key: keyOf(1), intent: intend(journal, 1), kind, mayBePaid: false });
  journal.failure({ ...failure, key: keyOf(2), intent: intend(journal, 2), kind: "timeout", mayBePaid: true });
  const usage = { promptTokens: 7, completionTokens: 0 };
  journal.failure({
    ...failure,
    key: keyOf(3),
    intent: intend(journal, 3),
    kind: "garbled",
    usage,
    price: 0.125,
    mayBePaid: false,
  });
  intend(journal, 4);
  await write(journal, 5);
  await journal.close();
  const again = await openJournal(folder, { clock });
  const { requests, answers, failures, wasted, promptTokens, price, unknown } = totalsOf(again);
  assert.deepEqual(
    { requests, answers, failures, wasted, promptTokens, price, unknown },
    {
      requests: 5,
      answers: 1,
      failures: 3,
      wasted: 1,
      promptTokens: 17,
      price: 0.375,
      unknown: { calls: 2, mostTokens: 100, mostPrice: 1 },
    },
  );
  assert.equal(intend(again, 6), 5, "numbers go on");
  await again.close();
});

test("a torn end is cut with a notice, damage is passed over with one, and the journal goes on", async () => {
  const folder = newFolder();
  const first = await openJournal(folder, { clock });
  for (let i = 0; i < 5; i++) await write(first, i, "x".repeat(500));
  await first.close();
  const path = join(folder, "000001.log");
  await appendFile(path, (await readFile(path)).subarray(17, 400));
  await appendFile(path, Buffer.alloc(3000));
  const file = await open(path, "r+");
  const at = (await readFile(path)).indexOf("x".repeat(500), 1000);
  await file.write(Buffer.from("y"), 0, 1, at + 10);
  await file.close();

  let journal = await openJournal(folder, { clock });
  assert.equal(journal.answers, 4);
  assert.match(
    journal.notices.join("\n"),
    /000001\.log: \d+ bytes are damaged \(first at \d+\); what they held is asked again/,
  );
  assert.match(journal.notices.join("\n"), /000001\.log: the last \d+ bytes were cut/);
  await write(journal, 7);
  await journal.close();
  journal = await openJournal(folder, { clock });
  assert.equal(journal.answers, 5);
  assert.equal(journal.find(keyOf(7))?.answer.text, "Answer 7");
  assert.equal(journal.notices.length, 1, "the cut is done, the damage stays");
  await journal.close();
});

test("an answer that is damaged while the journal is open is not given", async () => {
  const folder = newFolder();
  const journal = await openJournal(folder, { clock });
  await write(journal, 1, "z".repeat(100));
  const path = join(folder, "000001.log");
  const file = await open(path, "r+");
  await file.write(Buffer.from("y"), 0, 1, (await readFile(path)).indexOf("zzz") + 10);
  await file.close();
  assert.equal(journal.find(keyOf(1)), undefined);
  assert.equal(journal.notices.length, 1);
  await write(journal, 1, "asked again");
  assert.equal(journal.find(keyOf(1))?.answer.text, "asked again");
  await journal.close();
});

test("a journal of another version is refused, not taken for damage", async () => {
  const folder = newFolder();
  await (await openJournal(folder, { clock })).close();
  const path = join(folder, "000001.log");
  await writeFile(path, (await readFile(path, "latin1")).replace("jnl/1", "jnl/2"), "latin1");
  await assert.rejects(openJournal(folder, { clock }), { code: "journal-format" });
  assert.deepEqual(await readdir(folder), ["000001.log"], "the folder is given back");
});

test("every record is read in order without the lock, while another writes", async () => {
  const folder = newFolder();
  const journal = await openJournal(folder, { clock, segmentBytes: 1000 });
  for (let i = 0; i < 10; i++) await write(journal, i);
  const records: JournalRecord[] = [];
  await readJournal(folder, (record) => {
    records.push(record);
  });
  assert.deepEqual(
    records.map(({ type }) => type),
    Array.from({ length: 10 }, () => ["intent", "result"]).flat(),
  );
  assert.deepEqual(records[19], { type: "result", ...resultOf(9), intent: 9 });
  const view = await openJournalView(folder);
  assert.deepEqual([view.answers, view.notices, view.find(keyOf(9))], [10, [], { ...resultOf(9), intent: 9 }]);
  assert.deepEqual(view.totals(), journal.totals());
  await view.close();
  await journal.close();
  await assert.rejects(openJournalView(newFolder()), { code: "vanished" });
});

test("who makes bytes faster than the disk takes them waits", async () => {
  const journal = await openJournal(newFolder(), { clock, mostWaiting: 10_000 });
  await journal.ready();
  let durable = 0;
  for (let i = 0; i < 10; i++) void write(journal, i, "x".repeat(2000)).then(() => durable++);
  assert.equal(durable, 0);
  await journal.ready();
  assert.ok(durable > 0);
  await journal.close();
  assert.equal(durable, 10, "closing brings everything to the disk");
});

test("a clock that jumps holds no answer up", async () => {
  let now = 1e12;
  const journal = await openJournal(newFolder(), { clock: { milliseconds: () => now } });
  for (const jump of [0, -1e12, 2e12]) {
    now += jump;
    const late = new Promise((done) => setTimeout(done, 2000, "late"));
    assert.notEqual(await Promise.race([write(journal, 0), late]), "late");
  }
  await journal.close();
});

// ---------------------------------------------------------------- one process a folder

test("a folder is one process's: a living one is named, a dead one's lock is taken over", async () => {
  const folder = newFolder();
  const journal = await openJournal(folder, { clock });
  const inUse = { code: "run-in-use", message: new RegExp(`in use by process ${process.pid} \\(`) };
  await assert.rejects(openJournal(folder, { clock }), inUse);
  const [lock = ""] = (await readdir(folder)).filter((name) => name.startsWith("lock-"));
  const mine = JSON.parse(await readFile(join(folder, lock), "utf8"));
  await journal.close();
  assert.deepEqual(await readdir(folder), ["000001.log"]);

  const dead = spawn(process.execPath, ["-e", ""]);
  await once(dead, "exit");
  const owners = [
    { ...mine, pid: dead.pid },
    { ...mine, start: "1" }, // the number came again
    { ...mine, boot: "before the last start" },
    "", // died between making and filling it
  ];
  for (const owner of mine.boot === null ? owners.slice(0, 1) : owners) {
    await writeFile(join(folder, "lock-7"), owner === "" ? "" : JSON.stringify(owner));
    const next = await openJournal(folder, { clock });
    assert.deepEqual((await readdir(folder)).sort(), ["000001.log", "lock-8"]);
    await next.close();
  }
  await writeFile(join(folder, "lock-1"), JSON.stringify({ ...mine, host: `not-${hostname()}` }));
  await assert.rejects(openJournal(folder, { clock }), { code: "run-in-use", message: /on not-/ });
});

test("of many that open at the same time at most one gets the folder", async () => {
  const folder = newFolder();
  await (await openJournal(folder, { clock })).close();
  await writeFile(join(folder, "lock-3"), "");
  const opened = await Promise.allSettled(Array.from({ length: 5 }, () => openJournal(folder, { clock })));
  const journals = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  assert.ok(journals.length <= 1);
  for (const one of opened) if (one.status === "rejected") assert.equal(one.reason.code, "run-in-use");
  for (const journal of journals) await journal.close();
  await (await openJournal(folder, { clock })).close();
});

// ---------------------------------------------------------------- processes that end badly

const CHILD = fileURLToPath(new URL("journal-child.js", import.meta.url));

function startChild(
  args: readonly string[],
  { limit }: { readonly limit?: number } = {},
): { readonly child: ChildProcess; readonly output: Promise<string> } {
  const command = limit === undefined ? 'exec "$@"' : `ulimit -f ${limit}; exec "$@"`;
  const child = spawn("/bin/sh", ["-c", command, "sh", process.execPath, CHILD, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout?.on("data", (part: Buffer) => {
    text += part;
  });
  return { child, output: once(child, "close").then(() => text) };
}

const sleep = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

test("killed at random instants and started again: at most one answer that was received is asked again, none is lost, and the books agree", {
  skip: process.platform === "win32",
}, async () => {
  const mock = await spawnMockModels({ latency: "lognormal:60,0.5", words: "8" });
  const folder = newFolder();
  const receivedFile = join(root, "received");
  const random = randomFromSeed(5);
  await writeFile(receivedFile, "");
  try {
    let served = 0;
    let kept = 0;
    for (let kill = 0; kill < 2; kill++) {
      const { child, output } = startChild([folder, mock.baseUrl, "200", receivedFile]);
      const wanted = (await stat(receivedFile)).size + 1 + random.integer(50);
      while ((await stat(receivedFile)).size < wanted) await sleep(1);
      child.kill("SIGKILL");
      await output;
      while ((await mock.stats()).inFlight > 0) await sleep(5);
      const stats = await mock.stats();
      const journal = await openJournal(folder, { clock });
      const totals = totalsOf(journal);
      await journal.close();
      const { size: received } = await stat(receivedFile);
      // Counted since the beginning: an answer that one kill took between the two writes stays missing.
      assert.ok(
        totals.answers <= received && received - totals.answers <= kill + 1,
        `${received - totals.answers} lost`,
      );
      // Answers that had left the server and were not read yet: of requests in flight.
      const underWay = stats.served - served - (totals.answers - kept);
      assert.ok(underWay <= 16, `${underWay} under way at kill ${kill}`);
      served = stats.served;
      kept = totals.answers;
      assert.ok(totals.requests >= stats.calls, "every request was written down before it left");
      assert.ok(totals.unknown.calls >= stats.calls - totals.answers - totals.failures);
      const told = totals.promptTokens + totals.completionTokens;
      const { billed } = stats.tokens;
      assert.ok(told <= billed && billed <= told + totals.unknown.mostTokens, `${told} ≤ ${billed}`);
    }
    await fetch(new URL("/control", mock.baseUrl), { method: "POST", body: '{"latency":"0"}' });
    assert.ok(kept > 0 && kept < 200, `${kept} answers before the last start`);
    const { texts, replayed } = await askQuestions(folder, { baseUrl: mock.baseUrl, count: 200 });
    assert.equal(replayed, kept);
    assert.deepEqual(texts, (await askQuestions(newFolder(), { baseUrl: mock.baseUrl, count: 200 })).texts);
    assert.equal(new Set(texts).size, 200);
  } finally {
    await mock.close();
  }
});

test("when the disk takes no more the run ends by name, every answer that was paid is kept, and it goes on later", {
  skip: process.platform === "win32",
}, async () => {
  const mock = await spawnMockModels({ latency: "5", words: "4000" });
  const folder = newFolder();
  try {
    // The limit is in blocks of 512 or 1,024 bytes, whatever the shell.
    const ended = JSON.parse(await startChild([folder, mock.baseUrl, "120"], { limit: 2048 }).output);
    assert.equal(ended.code, "file-too-big");
    assert.match(ended.message, /writing the journal: .*000001\.log/);
    const journal = await openJournal(folder, { clock });
    const { answers, requests, unknown } = totalsOf(journal);
    assert.deepEqual(journal.notices, []);
    await journal.close();
    const { served } = await mock.stats();
    assert.ok(answers > 10 && answers < 120);
    assert.equal(served, answers, "those under way when the disk was full had a place");
    assert.deepEqual([requests, unknown.calls], [answers, 0]);
    const { texts, replayed } = await askQuestions(folder, { baseUrl: mock.baseUrl, count: 120 });
    assert.equal(replayed, answers);
    assert.equal(new Set(texts).size, 120);
    assert.equal((await mock.stats()).servedTwice, 0);
  } finally {
    await mock.close();
  }
});

test("a folder that cannot be one is told by its name", async () => {
  const path = join(root, "file");
  await writeFile(path, "");
  await assert.rejects(openJournal(join(path, "journal"), { clock }), { code: "not-a-folder" });
  await assert.rejects(
    openJournal("/proc/nowhere/journal", { clock }),
    (error: Error) => error.name === "ResourceError",
  );
});
