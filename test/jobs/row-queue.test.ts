import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancelled } from "../../src/errors.ts";
import { createRowQueue } from "../../src/jobs/row-queue.ts";

test("who makes rows waits while the queue is full, and is told when nobody reads any more", async () => {
  const queue = createRowQueue<number>(2);
  assert.equal(queue.push(0), undefined);
  const full = queue.push(1);
  assert.ok(full instanceof Promise);
  for await (const item of queue.items) {
    assert.equal(item, 0);
    break;
  }
  await full;
  assert.throws(() => {
    queue.push(2);
  }, Cancelled);
});

test("a reader that never begins keeps nobody waiting either", async () => {
  const queue = createRowQueue<number>(1);
  const full = queue.push(0);
  queue.leave();
  await full;
  assert.throws(() => {
    queue.push(1);
  }, Cancelled);
});
