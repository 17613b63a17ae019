import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Cancelled, InvalidArgument, ResourceError } from "../../src/errors.ts";
import { type OwnProgramOptions, startProgram } from "../../src/jobs/own-program.ts";
import type { Json } from "../../src/llm/model.ts";
import type { Program } from "../../src/text/steps/own.ts";

const folder = mkdtempSync(join(tmpdir(), "own-program-"));
const started: Program[] = [];
after(async () => {
  await Promise.all(started.map((own) => own.close()));
  rmSync(folder, { recursive: true, force: true });
});

/** A program in JavaScript that does `body` with each row; `answer(value)` writes a line. */
function program(body: string, options: Partial<OwnProgramOptions> = {}) {
  const file = join(folder, `program${started.length}.mjs`);
  writeFileSync(
    file,
    `import { createInterface } from "node:readline";
     import { existsSync, writeFileSync } from "node:fs";
     const answer = (value) => process.stdout.write(JSON.stringify(value) + "\\n");
     for await (const line of createInterface({ input: process.stdin })) { const row = JSON.parse(line); ${body} }`,
  );
  const own = startProgram([process.execPath, file], { environment: process.env, patienceMs: 200, ...options });
  started.push(own);
  return own;
}

const rows = (count: number): Json[] =>
  Array.from({ length: count }, (_, index) => ({ index, text: `tëxt ${index}\n"` }));

test("rows are answered in their order, many at a time, and the program ends when told", async () => {
  const mark = join(folder, "ended");
  const own = program(
    `answer({ value: [row.index, row.text], index: row.index });
     if (row.index === 199) process.on("exit", () => writeFileSync(${JSON.stringify(mark)}, ""));`,
  );
  const answers = await Promise.all(rows(200).map((row) => own.ask(row)));
  assert.deepEqual(
    answers.map((answer) => (answer as { value: Json }).value),
    rows(200).map((row) => Object.values(row as object)),
  );
  await own.close();
  assert.ok(existsSync(mark));
  await assert.rejects(own.ask({}), Cancelled);
});

test("a program that dies is started anew, and only the row that kills it twice is lost", async () => {
  const once = join(folder, "once");
  const own = program(
    `if (row.index === 3) { console.error("no\\nmemory for " + row.index); process.exit(7); }
     if (row.index === 5 && !existsSync(${JSON.stringify(once)})) { writeFileSync(${JSON.stringify(once)}, ""); process.kill(process.pid, "SIGKILL"); }
     answer({ value: row.index });`,
  );
  const results = await Promise.allSettled(rows(8).map((row) => own.ask(row)));
  assert.deepEqual(
    results.map((result) => (result.status === "fulfilled" ? (result.value as { value: Json }).value : null)),
    [0, 1, 2, null, 4, 5, 6, 7],
  );
  const { reason } = results[3] as PromiseRejectedResult;
  assert.ok(reason instanceof ResourceError);
  assert.match(reason.message, /ended with exit code 7 at this row, twice; it last said: memory for 3\.$/);
  await own.close();
});

test("a row that takes too long, or whose answer is none, is lost alone", async () => {
  const own = program(
    `if (row.index === 1) { setInterval(() => {}, 1000); await new Promise(() => {}); }
     if (row.index === 3) console.log("loading …");
     if (row.index === 5) answer({ reject: "too short" });
     else answer({ value: row.index });`,
    { timeoutMs: 1000 },
  );
  const results = await Promise.allSettled(rows(7).map((row) => own.ask(row)));
  assert.deepEqual(
    results
      .map((result) =>
        result.status === "fulfilled" ? result.value : (result.reason as Error).message.replace(/.*\]" ?/, ""),
      )
      .map((one) => (typeof one === "string" ? one.replace(/^.*? (gave|wrote)/, "$1") : one)),
    [
      { value: 0 },
      "gave no answer in 1 s.",
      { value: 2 },
      'wrote a line that is no answer: "loading …".',
      { value: 4 },
      { reject: "too short" },
      { value: 6 },
    ],
  );
  await own.close();
});

test("a program may take its time to start, and not for ever", async () => {
  const slow = program(
    "if (row.index === 0) await new Promise((done) => setTimeout(done, 300)); answer({ value: row.index });",
    {
      timeoutMs: 10_000,
      startMs: 30,
    },
  );
  await assert.rejects(slow.ask({ index: 0 }), /no answer in 0.03 s/);
  const patient = program(
    "if (row.index === 0) await new Promise((done) => setTimeout(done, 300)); answer({ value: row.index });",
    {
      timeoutMs: 30,
    },
  );
  assert.deepEqual(await patient.ask({ index: 0 }), { value: 0 });
});

test("a program that answers out of step ends the run: rows would get the answers of others", async () => {
  const twice = program(`process.stdout.write('{"value":1}\\n{"value":2}\\n');`);
  await twice.ask({ index: 0 });
  await assert.rejects(twice.ask({ index: 1 }), (error: InvalidArgument) => {
    assert.equal(error.code, "own-program-lines");
    return error instanceof InvalidArgument;
  });
  const swapped = program("answer({ value: 1, index: 1 - row.index });");
  await assert.rejects(swapped.ask({ index: 0 }), /answered row 1 when the next was 0/);
  await Promise.all([twice.close(), swapped.close()]);
});

test("a program that writes without end though nothing was asked ends the run, not the process", async () => {
  const own = program(`answer({ value: 0 }); process.stdout.write("x".repeat(70_000_000));`);
  assert.deepEqual(await own.ask({ index: 0 }), { value: 0 });
  // Time to write it all while no row waits.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await assert.rejects(own.ask({ index: 1 }), InvalidArgument);
});

test("a program that is not there is told with its name", async () => {
  for (const command of [["./not-there", "--x"], [""]]) {
    const own = startProgram(command, { environment: process.env });
    await assert.rejects(own.ask({}), InvalidArgument);
    await assert.rejects(own.ask({}), InvalidArgument);
    await own.close();
  }
});

test("a program sees no variable that it was not given", async () => {
  const own = program("answer({ value: process.env });", {
    environment: { ...process.env, OPENAI_API_KEY: "canary-key", MY_WORDS: "kept" },
    variables: ["MY_WORDS"],
  });
  const { value } = (await own.ask({})) as { value: Record<string, string> };
  assert.equal(value.MY_WORDS, "kept");
  assert.equal(value.PATH, process.env.PATH);
  assert.ok(!JSON.stringify(value).includes("canary-key"));
  await own.close();
});

test("a program that does not end by itself is ended", async () => {
  const own = program(
    `process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000); answer({ value: process.pid });`,
  );
  const { value } = (await own.ask({})) as { value: number };
  await own.close();
  assert.throws(() => process.kill(value, 0), /ESRCH/);
});
