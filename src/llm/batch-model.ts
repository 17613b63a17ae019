import { Cancelled, InvalidArgument } from "../errors.ts";
import type { BatchRecord, BatchStore } from "./batch-store.ts";
import { eventLoopTimer, type Timer } from "./event-loop-timer.ts";
import type { HttpClient } from "./http.ts";
import { readReply, toFailure } from "./http-model.ts";
import type { Exchange, Failure, Model, ModelRequest, OutputMode, SendOptions } from "./model.ts";
import { onAbort } from "./on-abort.ts";
import type { Asked, BatchEntry, BatchIo, BatchLine } from "./providers/batch-api.ts";
import type { ProviderApi } from "./providers/provider-api.ts";
import type { Secret } from "./secret.ts";

/** Requests in one batch, at most, whatever the provider takes: so many wait for one answer. */
const MOST_REQUESTS = 10_000;
/** Of one request to the batch API itself. */
const HTTP_TIMEOUT_MS = 300_000;
/** How long closing waits for a submission that is under way. */
const LAST_SUBMISSION_MS = 10_000;
const MOST_ANSWER_BYTES = 500_000_000;

interface Waiter {
  readonly request: ModelRequest;
  readonly resolve: (exchange: Exchange) => void;
}

interface Batch {
  record: BatchRecord;
  hasEnded: boolean;
}

/** A model whose requests go through the provider's batch API: `send` waits until the batch that holds the request has ended, up to a day.
 *
 * Requests are collected until none has come for a second (ten at most), submitted as one batch, and the batch is looked at after 5 seconds, then less and less
 * often, up to once a minute. The record of a batch is kept before and after it is submitted, until the model is closed after the batch has ended: a run that
 * is killed and started again asks for the same requests, finds them in the batch, and submits nothing twice. `timeoutMs` does not bound the wait.
 * @throws {InvalidArgument} "no-batch-store": there is nowhere to keep the records */
export function createBatchModel(
  api: ProviderApi,
  options: {
    readonly name: string;
    readonly endpoint: string;
    readonly modes: readonly OutputMode[];
    readonly client: HttpClient;
    readonly secrets: readonly Secret[];
    readonly store: BatchStore | undefined;
    /** The same without a batch, for requests that cannot stand in one. */
    readonly single: Model;
    readonly notice?: ((text: string) => void) | undefined;
    readonly timer?: Timer | undefined;
    /** Milliseconds: of quiet before a batch is submitted, and between looks at it. */
    readonly quietMs?: number | undefined;
    readonly lookMs?: readonly [number, number] | undefined;
  },
): Model {
  const { name, client, secrets, single } = options;
  if (!options.store)
    throw new InvalidArgument(
      "no-batch-store",
      `Model "${name}" asks in batches, and there is no folder to keep their records in.`,
    );
  const store = options.store;
  const timer = options.timer ?? eventLoopTimer;
  const quietMs = options.quietMs ?? 1000;
  const [firstLookMs, mostLookMs] = options.lookMs ?? [5000, 60_000];
  const mostRequests = Math.min(MOST_REQUESTS, api.batch.mostRequests);
  const life = new AbortController();

  const batches = new Map<string, Batch>();
  /** By the request's id: who waits for it, in which batch it is, and what it came to where nobody has asked yet. */
  const waiters = new Map<string, Set<Waiter>>();
  const batchOf = new Map<string, Batch>();
  const results = new Map<string, BatchLine>();
  let collected = new Map<string, BatchEntry>();
  let collectedBytes = 0;
  let cancelQuiet = (): void => {};
  const submissions = new Set<Promise<void>>();
  let resumed: Promise<void> | undefined;

  const io: BatchIo = {
    async send(request, { asText } = {}) {
      const { reply, failure } = await client.send(request, {
        signal: life.signal,
        timeoutMs: HTTP_TIMEOUT_MS,
        mostBytes: MOST_ANSWER_BYTES,
        asText,
      });
      if (failure) return { failure };
      if (reply.status >= 200 && reply.status < 300) return { value: reply };
      const error = api.explain(reply.status, reply.body);
      const kind = error.kind === "filtered" ? "bad-request" : error.kind;
      return { failure: toFailure({ ...error, kind }, { reply, secrets }) };
    },
  };

  async function send(request: ModelRequest, sending: SendOptions): Promise<Exchange> {
    const { signal, sample = 0 } = sending;
    const written = api.write(request, { sample });
    if ("problem" in written || !api.batch.takes(written.path)) return single.send(request, sending);
    resumed ??= resume();
    await resumed;
    const body = JSON.stringify(written.body);
    const id = await digest(`${written.path}\n${sample}\n${body}`);
    if (signal.aborted || life.signal.aborted) throw new Cancelled();
    const known = results.get(id);
    if (known) {
      results.delete(id);
      return read(known, request);
    }
    return new Promise((resolve, reject) => {
      const forget = onAbort(signal, () => {
        waiters.get(id)?.delete(waiter);
        reject(new Cancelled());
      });
      const waiter: Waiter = {
        request,
        resolve: (exchange) => {
          forget();
          resolve(exchange);
        },
      };
      const others = waiters.get(id);
      if (others) others.add(waiter);
      else waiters.set(id, new Set([waiter]));
      if (!batchOf.has(id) && !collected.has(id)) collect({ id, path: written.path, body });
    });
  }

  function collect(entry: BatchEntry): void {
    const first = collected.values().next().value;
    const isFull =
      collected.size >= mostRequests ||
      collectedBytes + entry.body.length * 2 > api.batch.mostBytes ||
      // A batch goes to one path.
      (first !== undefined && first.path !== entry.path);
    if (isFull) submit();
    collected.set(entry.id, entry);
    // A character may take more than a byte, and each request has an envelope.
    collectedBytes += entry.body.length * 2 + 200;
    if (collected.size >= mostRequests) submit();
    else if (collected.size === 1) waitForQuiet(1, 0);
  }

  /** @param before collected when the turn began */
  function waitForQuiet(before: number, turn: number): void {
    cancelQuiet();
    cancelQuiet = timer(() => {
      if (collected.size === before || turn >= 9) submit();
      else waitForQuiet(collected.size, turn + 1);
    }, quietMs);
  }

  function submit(): void {
    cancelQuiet();
    if (collected.size === 0) return;
    const entries = [...collected.values()];
    collected = new Map();
    collectedBytes = 0;
    const batch: Batch = { record: recordOf(entries), hasEnded: false };
    for (const { id } of entries) batchOf.set(id, batch);
    const submitting = submitBatch(batch, entries)
      .catch((error: unknown) => abandon(batch, failureOf(error)))
      .finally(() => submissions.delete(submitting));
    submissions.add(submitting);
  }

  const recordOf = (entries: readonly BatchEntry[]): BatchRecord => ({
    token: "",
    provider: api.provider,
    endpoint: options.endpoint,
    model: name,
    id: null,
    entries: entries.map(({ id }) => id),
  });

  async function submitBatch(batch: Batch, entries: readonly BatchEntry[]): Promise<void> {
    const token = await digest(batch.record.entries.toSorted().join("\n"));
    batch.record = { ...batch.record, token };
    batches.set(token, batch);
    // Kept before it is submitted: after a crash in between, it is looked for by its token.
    await store.put(batch.record);
    const { value: id, failure } = await api.batch.submit({ token, entries }, io);
    if (failure) {
      await store.remove(token);
      abandon(batch, failure);
      return;
    }
    batch.record = { ...batch.record, id };
    await store.put(batch.record);
    options.notice?.(
      `Model "${name}": a batch of ${entries.length} requests is submitted (${id}); answers come within 24 hours.`,
    );
    void follow(batch, id).catch((error: unknown) => abandon(batch, failureOf(error)));
  }

  /** Looks at the batch until it has ended. */
  async function follow(batch: Batch, id: string): Promise<void> {
    for (let pauseMs = firstLookMs; ; pauseMs = Math.min(mostLookMs, 1.5 * pauseMs)) {
      await sleep(pauseMs);
      if (life.signal.aborted) return;
      const { value, failure } = await api.batch.look(id, io);
      if (failure) {
        if (failure.kind === "bad-key" || (failure.status === 404 && failure.kind === "no-model")) {
          if (failure.status === 404) await store.remove(batch.record.token);
          // That a batch is gone says nothing of the model.
          abandon(batch, failure.status === 404 ? { ...failure, kind: "server" } : failure);
          return;
        }
        // Whatever else: the batch goes on, and so do we.
        continue;
      }
      if (value.state === "running") continue;
      if (value.state === "failed") {
        await store.remove(batch.record.token);
        abandon(batch, { kind: "bad-request", status: null, message: value.message, retryAfterMs: null });
        return;
      }
      finish(batch, value.lines);
      return;
    }
  }

  /** Ends early when the model is closed, and leaves no timer behind. */
  function sleep(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      if (life.signal.aborted) return done();
      const forget = onAbort(life.signal, () => {
        cancel();
        done();
      });
      const cancel = timer(() => {
        forget();
        done();
      }, milliseconds);
    });
  }

  function finish(batch: Batch, lines: readonly BatchLine[]): void {
    batch.hasEnded = true;
    const missing = new Set(batch.record.entries);
    const deliver = (line: BatchLine): void => {
      batchOf.delete(line.id);
      const waiting = waiters.get(line.id);
      waiters.delete(line.id);
      if (!waiting || waiting.size === 0) {
        results.set(line.id, line);
        return;
      }
      for (const { request, resolve } of waiting) resolve(read(line, request));
    };
    for (const line of lines) if (missing.delete(line.id)) deliver(line);
    for (const id of missing) deliver({ id, lapsed: "The batch ended without an answer to this request." });
  }

  /** None of its requests is answered. */
  function abandon(batch: Batch, failure: Failure): void {
    batches.delete(batch.record.token);
    for (const id of batch.record.entries) {
      batchOf.delete(id);
      const waiting = waiters.get(id) ?? [];
      waiters.delete(id);
      for (const { resolve } of waiting) resolve({ failure });
    }
  }

  function read(line: BatchLine, request: ModelRequest): Exchange {
    if (line.reply) {
      const reply = {
        status: line.reply.status,
        headers: {},
        body: line.reply.body,
        text: JSON.stringify(line.reply.body) ?? "",
      };
      return readReply(api, { reply, request, secrets, name });
    }
    return { failure: { kind: "timeout", status: null, message: line.lapsed ?? "No answer.", retryAfterMs: null } };
  }

  /** Batches of a run before: their requests need not be submitted again. */
  async function resume(): Promise<void> {
    for (const record of await store.list()) {
      if (record.provider !== api.provider || record.endpoint !== options.endpoint || record.model !== name) continue;
      let { id } = record;
      if (id === null) {
        const found: Asked<string | null> = (await api.batch.find?.(record.token, io)) ?? { value: null };
        id = found.value ?? null;
        if (id === null) {
          if (!found.failure) await store.remove(record.token);
          continue;
        }
      }
      const batch: Batch = { record: { ...record, id }, hasEnded: false };
      batches.set(record.token, batch);
      for (const entry of record.entries) batchOf.set(entry, batch);
      options.notice?.(`Model "${name}": a batch of ${record.entries.length} requests from before goes on (${id}).`);
      void follow(batch, id).catch((error: unknown) => abandon(batch, failureOf(error)));
    }
  }

  return {
    provider: api.provider,
    name,
    endpoint: options.endpoint,
    modes: options.modes,
    mostConcurrent: mostRequests,
    send,
    async close() {
      cancelQuiet();
      // A batch whose name is not kept yet would be lost, and paid for again.
      if (submissions.size > 0) {
        let cancel = (): void => {};
        const enough = new Promise<void>((done) => {
          cancel = timer(done, LAST_SUBMISSION_MS);
        });
        await Promise.race([Promise.allSettled([...submissions]), enough]);
        cancel();
      }
      life.abort();
      for (const waiting of waiters.values())
        for (const { resolve } of waiting)
          resolve({ failure: { kind: "network", status: null, message: "The model was closed.", retryAfterMs: null } });
      waiters.clear();
      // What nobody has asked for yet may be asked for by the next run.
      for (const { record, hasEnded } of batches.values())
        if (hasEnded && !record.entries.some((id) => results.has(id))) await store.remove(record.token);
      await single.close();
    },
  };
}

function failureOf(error: unknown): Failure {
  if (error instanceof Cancelled) return { kind: "network", status: null, message: "Stopped.", retryAfterMs: null };
  return { kind: "server", status: null, message: (error as Error).message, retryAfterMs: null };
}

/** SHA-256, the first 32 hex digits. */
async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Buffer.from(hash).toString("hex").slice(0, 32);
}
