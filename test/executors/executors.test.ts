import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancelled, ResourceError } from "../../src/errors.ts";
import { type Executor, runAll, sharedCopy, type Task } from "../../src/executors/executor.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { threadExecutor } from "../../src/executors/threads.ts";

const module = new URL("./tasks.js", import.meta.url).href;
const task = (name: string, data: unknown): Task => ({ module, name, data });

for (const [kind, make] of [
  ["local", localExecutor],
  ["threads", () => threadExecutor(3)],
] as const) {
  const withExecutor = async (use: (executor: Executor) => Promise<void>): Promise<void> => {
    const executor = make();
    try {
      await use(executor);
    } finally {
      await executor.close();
    }
  };

  test(`${kind}: results come in the order of the tasks`, () =>
    withExecutor(async (executor) => {
      const tasks = Array.from({ length: 12 }, (_, x) => task("slowFirst", { x }));
      const results = await runAll<Float64Array>(executor, tasks);
      assert.deepEqual(
        results.map((result) => result[0]),
        tasks.map((_, x) => x),
      );
    }));

  test(`${kind}: a failed task fails the run with its own error`, () =>
    withExecutor(async (executor) => {
      await assert.rejects(runAll(executor, [task("square", { x: 2 }), task("fail", {})]), /on purpose/);
      assert.deepEqual(await runAll(executor, [task("square", { x: 3 })]), [9]);
    }));

  test(`${kind}: a signal stops the run`, () =>
    withExecutor(async (executor) => {
      const controller = new AbortController();
      const tasks = Array.from({ length: 50 }, (_, x) => task("square", { x }));
      const run = runAll(executor, tasks, {
        signal: controller.signal,
        onDone: (count) => count === 3 && controller.abort(),
      });
      await assert.rejects(run, Cancelled);
    }));
}

test("threads: shared memory is read without a copy", async () => {
  const executor = threadExecutor(2);
  const values = sharedCopy(Float64Array.of(1, 2, 3.5));
  assert.equal(sharedCopy(values), values);
  assert.deepEqual(await runAll(executor, [task("sumShared", { values }), task("sumShared", { values })]), [6.5, 6.5]);
  await executor.close();
});

test("threads: a worker that dies is an error, not a hang", async () => {
  const executor = threadExecutor(2);
  await assert.rejects(runAll(executor, [task("die", {})]), ResourceError);
  assert.deepEqual(await runAll(executor, [task("square", { x: 4 })]), [16]);
  await executor.close();
});

test("threads: a lazy list of tasks is pulled only as far as needed", async () => {
  const executor = threadExecutor(2);
  let pulled = 0;
  function* tasks(): Iterable<Task> {
    for (let x = 0; x < 1000; x++) {
      pulled++;
      yield task("square", { x });
    }
  }
  for await (const value of executor.run<number>(tasks())) {
    if (value >= 25) break;
  }
  assert.ok(pulled <= 12, `pulled ${pulled}`);
  await executor.close();
});
