import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Cancelled } from "../../src/errors.ts";
import { createLane } from "../../src/llm/create-lane.ts";
import { eventLoopTimer } from "../../src/llm/event-loop-timer.ts";
import type { Ticket } from "../../src/llm/lane.ts";
import { createLaneQueue } from "../../src/llm/lane-queue.ts";
import {
  cappedServer,
  createWorld,
  lognormal,
  queueingServer,
  ratedServer,
  type SimulationResult,
  simulate,
} from "./lane-simulator.ts";

/** All rows answered, the wall against what could not be beaten, and the share of requests that were refused. */
function within(
  result: SimulationResult,
  { ideal, factor, wasted }: { ideal: number; factor: number; wasted: number },
) {
  assert.ok(result.seconds <= factor * ideal, `${result.seconds} s, ideal ${ideal}`);
  assert.ok(result.refused <= wasted * result.sent, `${result.refused} of ${result.sent} refused`);
}

test("what was configured is in flight from the first moment", async () => {
  const server = cappedServer({ capacity: () => 256, latency: () => 500 });
  const result = await simulate(server, { rows: 2048, lane: { mostInFlight: 256 } });
  assert.equal(result.answered, 2048);
  // Eight rounds of half a second and a millisecond of wire.
  within(result, { ideal: 8 * 0.501, factor: 1.02, wasted: 0 });
});

test("a capacity that falls from 64 to 16 and returns costs a tenth at most, and 3 % of the requests", async () => {
  const capacity = (seconds: number): number => (seconds >= 20 ? 64 : seconds >= 5 ? 16 : 64);
  for (const latency of [() => 500, lognormal(450, 0.3)]) {
    let total = 0;
    for (let i = 0; i < 2000; i++) total += latency(i) / 1000;
    const ideal = 20 + (total - 5 * 64 - 15 * 16) / 64;
    for (const retryAfterMs of [1000, null]) {
      const server = cappedServer({ capacity, latency, retryAfterMs });
      const result = await simulate(server, { rows: 2000, lane: { mostInFlight: 64 } });
      assert.equal(result.answered, 2000);
      within(result, { ideal, factor: 1.1, wasted: 0.03 });
    }
  }
});

test("a capacity that nobody knows is found from above and from below", async () => {
  for (const slowStart of [false, true])
    for (const capacity of [1, 3, 40]) {
      const server = cappedServer({ capacity: () => capacity, latency: () => 200 });
      const rows = 60 * capacity;
      const result = await simulate(server, { rows, lane: { mostInFlight: 64, slowStart } });
      assert.equal(result.answered, rows);
      assert.ok(result.seconds <= 1.15 * (60 * 0.201) + 1, `${capacity}: ${result.seconds} s`);
      assert.ok(result.refused <= 70 + 0.025 * rows, `${capacity}: ${result.refused} of ${rows} refused`);
    }
});

test("a limit of requests per minute is kept by what the headers say, and found where they say nothing", async () => {
  for (const headers of [true, false])
    for (const retryAfterMs of [1000, null]) {
      const server = ratedServer({ perMinute: 600, burst: 10, latency: 500, headers, retryAfterMs });
      const result = await simulate(server, { rows: 1000, lane: { mostInFlight: 64 } });
      assert.equal(result.answered, 1000);
      within(result, { ideal: 99.5, factor: 1.1, wasted: 0.05 });
    }
});

test("a server that refuses everything is not hammered, and what it asks for is kept", async () => {
  for (const retryAfterMs of [20_000, null])
    for (const rows of [1, 100]) {
      const sentAt: number[] = [];
      const result = await simulate(
        (world) =>
          ({ now }, done) => {
            sentAt.push(now);
            const isClosed = now < 60_000;
            world.at(now + 5, () =>
              done({ kind: isClosed ? "overloaded" : "answered", latencyMs: 0, ...(isClosed && { retryAfterMs }) }),
            );
          },
        { rows, lane: { mostInFlight: 16 } },
      );
      assert.equal(result.answered, rows);
      const refused = sentAt.filter((at) => at < 60_000);
      assert.ok(refused.length <= 16 + 10, `${refused.length} sent in vain`);
      if (retryAfterMs !== null && rows === 1) assert.deepEqual(sentAt, [0, 20_005, 40_010, 60_015]);
      assert.ok(result.seconds < 130, `${result.seconds} s`);
    }
});

test("a configured rate is never passed in any minute", async () => {
  const sentAt: number[] = [];
  const result = await simulate(
    (world) =>
      ({ now }, done) => {
        sentAt.push(now);
        world.at(now + 100, () => done({ kind: "answered", latencyMs: 0 }));
      },
    { rows: 1500, lane: { mostInFlight: 64, requestsPerMinute: 600 } },
  );
  assert.equal(result.answered, 1500);
  for (let i = 600; i < sentAt.length; i++)
    assert.ok((sentAt[i] as number) - (sentAt[i - 600] as number) >= 60_000, `request ${i}`);
  assert.ok(result.seconds < 160, `${result.seconds} s`);
});

test("a configured number of tokens is never passed in any minute, and what a request did not use is given back", async () => {
  const sentAt: number[] = [];
  const result = await simulate(
    (world) =>
      ({ now }, done) => {
        sentAt.push(now);
        world.at(now + 100, () => done({ kind: "answered", latencyMs: 0, tokens: 50 }));
      },
    { rows: 400, tokens: 100, lane: { mostInFlight: 4, tokensPerMinute: 6000 } },
  );
  assert.equal(result.answered, 400);
  for (let i = 120; i < sentAt.length; i++)
    assert.ok((sentAt[i] as number) - (sentAt[i - 120] as number) >= 59_000, `request ${i}`);
  assert.ok(result.seconds < 1.1 * ((400 * 50) / 100), `${result.seconds} s`);
});

test("a server that queues is asked less at a time and loses nothing; one with heavy tails is not", async () => {
  const queueing = queueingServer({ slots: 16, latency: () => 500 });
  let inFlight = 0;
  const late: number[] = [];
  const result = await simulate(
    (world) => {
      const serve = queueing(world);
      return (request, done) => {
        inFlight++;
        if (world.clock.milliseconds() > 60_000) late.push(inFlight);
        serve(request, (outcome) => {
          inFlight--;
          done(outcome);
        });
      };
    },
    { rows: 3200, lane: { mostInFlight: 256 } },
  );
  within(result, { ideal: 100, factor: 1.05, wasted: 0 });
  assert.ok(Math.max(...late) <= 128, `${Math.max(...late)} at a time`);

  for (const sigma of [0.5, 1.5]) {
    let fewest = Number.POSITIVE_INFINITY;
    let sent = 0;
    const heavy = cappedServer({ capacity: () => 1000, latency: lognormal(300, sigma) });
    let open = 0;
    await simulate(
      (world) => {
        const serve = heavy(world);
        return (request, done) => {
          open++;
          sent++;
          // Refilled to the full as long as more are waiting.
          if (sent > 100 && sent < 2400) fewest = Math.min(fewest, open);
          serve(request, (outcome) => {
            open--;
            done(outcome);
          });
        };
      },
      { rows: 2500, lane: { mostInFlight: 64 } },
    );
    assert.ok(fewest >= 62, `sigma ${sigma}: ${fewest} at a time`);
  }
});

test("a cold start does not limit what comes after it", async () => {
  const server = cappedServer({ capacity: () => 64, latency: (index) => (index < 64 ? 20_000 : 500) });
  const result = await simulate(server, { rows: 2000, lane: { mostInFlight: 64 } });
  within(result, { ideal: 20 + (1936 / 64) * 0.501, factor: 1.05, wasted: 0 });
});

test("a dead endpoint is asked by one request at a time, at growing intervals, and the run goes on when it is back", async () => {
  const attempts: number[] = [];
  const result = await simulate(
    (world) =>
      ({ now }, done) => {
        const isDead = now >= 5000 && now < 35_000;
        if (isDead) attempts.push(now);
        world.at(now + (isDead ? 3 : 500), () =>
          done({ kind: isDead ? "network" : "answered", latencyMs: 0, message: "ECONNREFUSED" }),
        );
      },
    { rows: 2000, lane: { mostInFlight: 64 } },
  );
  assert.equal(result.answered, 2000);
  // 64 in flight at once when it dies, then one after 0.25, 1, 2, 4 and 8 seconds more each, and 16 later it is back.
  assert.ok(attempts.length <= 64 + 64 + 6, `${attempts.length} in vain`);
  assert.equal(attempts.filter((at) => at > 5600).length, 4);
  assert.ok(result.seconds < 5 + 32 + (1400 / 64) * 0.5 + 3, `${result.seconds} s`);
  assert.ok(result.lane.summary().pausedSeconds > 29);
  assert.match(result.notices[0] as string, /no answer comes \(ECONNREFUSED\)/);
  assert.match(result.notices[1] as string, /answers again, after 3\d s/);
  assert.equal(result.notices.length, 2);
});

test("an endpoint that never answered is given up after three minutes, and whoever waits is told", async () => {
  const result = await simulate(
    (world) =>
      ({ now }, done) => {
        world.at(now + 1, () => done({ kind: "network", latencyMs: 0, message: "no such host" }));
      },
    { rows: 100, lane: { mostInFlight: 8 } },
  );
  assert.equal(result.answered, 0);
  const { failure } = await result.lane.admit(0, { signal: new AbortController().signal });
  assert.equal(failure?.kind, "no-model");
  assert.match(failure?.message ?? "", /never answered: no such host/);
});

test("one request that always fails does not look like a dead endpoint", async () => {
  let asked = 0;
  const result = await simulate(
    (world) =>
      ({ index, now }, done) => {
        const isBad = index === 30 && asked++ < 40;
        world.at(now + 10, () => done({ kind: isBad ? "network" : "answered", latencyMs: 0 }));
      },
    { rows: 31, lane: { mostInFlight: 4 } },
  );
  assert.equal(result.answered, 31);
  assert.deepEqual(result.notices, []);
});

test("a refused key stops the lane and hands back everybody who waits", async () => {
  const lane = createLane({ model: "m", mostInFlight: 1, clock: { milliseconds: () => 0 } });
  const { signal } = new AbortController();
  const first = (await lane.admit(0, { signal })).ticket as Ticket;
  const waiting = [1, 2, 3].map((priority) => lane.admit(priority, { signal }));
  first.done({ kind: "bad-key", latencyMs: 1, status: 401, message: "refused" });
  for (const admission of await Promise.all([...waiting, lane.admit(4, { signal })]))
    assert.deepEqual(admission, { failure: { kind: "bad-key", status: 401, message: "refused", retryAfterMs: null } });
});

test("where nobody waits any more no timer is left, however long the server asked to be left alone", async () => {
  const timers = new Set<object>();
  const timer = (_: () => void, milliseconds: number) => {
    const one = { milliseconds };
    timers.add(one);
    return () => timers.delete(one);
  };
  const lane = createLane({ model: "m", mostInFlight: 1, clock: { milliseconds: () => 0 }, timer });
  const { signal } = new AbortController();
  const ending = new AbortController();
  const first = (await lane.admit(0, { signal })).ticket as Ticket;
  first.done({ kind: "rate-limited", latencyMs: 1, retryAfterMs: 1e11 });
  const waiting = lane.admit(1, { signal: ending.signal });
  assert.equal(timers.size, 1);
  ending.abort();
  await assert.rejects(waiting, Cancelled);
  assert.equal(timers.size, 0);
});

test("a timer of weeks does not fire at once", async () => {
  let fired = 0;
  const cancel = eventLoopTimer(() => fired++, 1e11);
  await new Promise((resolve) => setTimeout(resolve, 20));
  cancel();
  assert.equal(fired, 0);
});

test("smaller priorities go first, equal ones in the order in which they came", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (priorities) => {
      const queue = createLaneQueue<readonly [number, number]>();
      priorities.forEach((priority, order) => {
        queue.push([priority, order], priority);
      });
      const expected = priorities
        .map((priority, order) => [priority, order] as const)
        .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      assert.deepEqual(queue.drain(), expected);
    }),
    { seed: 1 },
  );
});

test("every permit comes back, whatever becomes of the requests, and nobody is forgotten", async () => {
  const kinds = [
    "answered",
    "rate-limited",
    "overloaded",
    "server",
    "network",
    "timeout",
    "garbled",
    "bad-request",
  ] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        most: fc.integer({ min: 1, max: 6 }),
        fates: fc.array(
          fc.record({
            kind: fc.constantFrom(...kinds),
            ms: fc.integer({ min: 0, max: 3000 }),
            cancelAt: fc.option(fc.integer({ min: 0, max: 3000 })),
            delayMs: fc.constantFrom(0, 0, 700),
            twice: fc.boolean(),
          }),
          { minLength: 1, maxLength: 40 },
        ),
      }),
      async ({ most, fates }) => {
        const world = createWorld();
        const lane = createLane({
          model: "m",
          mostInFlight: most,
          clock: world.clock,
          timer: (callback, milliseconds) => world.at(world.clock.milliseconds() + milliseconds, callback),
        });
        let open = 0;
        let ended = 0;
        fates.forEach(async ({ kind, ms, cancelAt, delayMs, twice }, index) => {
          const controller = new AbortController();
          if (cancelAt !== null) world.at(cancelAt, () => controller.abort());
          try {
            const { ticket } = await lane.admit(index, { signal: controller.signal, delayMs });
            open++;
            assert.ok(open <= most, "more in flight than allowed");
            await new Promise<void>((done) => void world.at(world.clock.milliseconds() + ms, done));
            open--;
            ticket?.done({ kind: controller.signal.aborted ? "cancelled" : kind, latencyMs: ms });
            if (twice) ticket?.done({ kind: "answered", latencyMs: 0 });
          } catch (error) {
            assert.ok(error instanceof Cancelled);
          }
          ended++;
        });
        await world.run();
        assert.equal(ended, fates.length);
        assert.equal(open, 0);
        // All permits are back: as many as ever can be had now, once the pauses are over.
        world.at(world.clock.milliseconds() + 200_000, () => {});
        await world.run();
        const again: Ticket[] = [];
        const { signal } = new AbortController();
        void lane.admit(0, { signal }).then(({ ticket }) => again.push(ticket as Ticket));
        await world.run();
        assert.equal(again.length, 1);
      },
    ),
    { seed: 7, numRuns: 150 },
  );
});
