import { diskError } from "./disk-error.ts";
import { makeFlushedFolder } from "./flush-folder.ts";
import { lockFolder } from "./folder-lock.ts";
import type { Journal } from "./journal.ts";
import type { Place } from "./key-index.ts";
import { loadJournal } from "./load-journal.ts";
import { encodeFailure, encodeIntent, encodeResult } from "./record.ts";
import { SegmentWriter } from "./segment-writer.ts";

export interface JournalOptions {
  /** Only differences mean anything; monotonic. */
  readonly clock: { milliseconds(): number };
  /** A new file is begun once one has so many; default 256 MiB. */
  readonly segmentBytes?: number | undefined;
  /** Answers that are flushed to the disk together: whatever came in so many milliseconds, or so many of them; default 20 and 64. */
  readonly group?: { readonly milliseconds: number; readonly answers: number } | undefined;
  /** `ready` waits while so many bytes are not on the disk yet; default 8 MiB. */
  readonly mostWaiting?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens the journal of a folder, or makes one: takes the folder for this process, reads every file once (about a second for 500 MB), cuts what a crash tore at
 * the end, and passes over damage, each with a notice. A damaged answer is not used: its call is asked again.
 * @throws {ResourceError} "run-in-use": another process has it; or the disk says no
 * @throws {Unsupported} written by another version */
export async function openJournal(folder: string, options: JournalOptions): Promise<Journal> {
  try {
    await makeFlushedFolder(folder);
  } catch (error) {
    throw diskError(error, { doing: "making the journal's folder", path: folder });
  }
  const lock = await lockFolder(folder);
  try {
    return await openLocked(folder, { ...options, release: lock.release });
  } catch (error) {
    lock.release();
    throw diskError(error, { doing: "opening the journal", path: folder });
  }
}

async function openLocked(
  folder: string,
  options: JournalOptions & { readonly release: () => void },
): Promise<Journal> {
  const { clock, segmentBytes = 256 * 1024 * 1024, mostWaiting = 8 * 1024 * 1024, signal, release } = options;
  const { milliseconds: groupMs, answers: groupAnswers } = options.group ?? { milliseconds: 20, answers: 64 };
  const { index, tally, last, view } = await loadJournal(folder, { signal });
  const writer = new SegmentWriter({ folder, segmentBytes, last });
  let nextIntent = tally.nextIntent;
  /** Answers that are written and not on the disk yet. */
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let flushing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastFlush = Number.NEGATIVE_INFINITY;
  let readies: (() => void)[] = [];
  let dirty = false;
  let closed = false;

  const settle = (): void => {
    const waiters = readies;
    readies = [];
    for (const done of waiters) done();
  };
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    lastFlush = clock.milliseconds();
    const group = waiting;
    const bytes = waitingBytes;
    waiting = [];
    dirty = false;
    try {
      await writer.flush();
      for (const { key, place, done } of group) {
        index.add(key, place);
        done();
      }
    } catch (error) {
      for (const { failed } of [...group, ...waiting]) failed(error);
      waiting = [];
    }
    waitingBytes -= bytes;
    flushing = undefined;
    if (waitingBytes < mostWaiting || writer.flushFailure !== undefined) settle();
    schedule();
  };
  const schedule = (): void => {
    if (flushing !== undefined || !dirty || closed || writer.flushFailure !== undefined) return;
    // At most a group's time, whatever the clock says.
    const wait = Math.min(groupMs, lastFlush + groupMs - clock.milliseconds());
    if (waiting.length >= groupAnswers || wait <= 0) flushing = flush();
    else timer ??= setTimeout(() => (flushing ??= flush()), wait);
  };
  const append = (frame: Buffer): Place => {
    const place = writer.append(frame);
    dirty = true;
    waitingBytes += frame.length;
    return place;
  };

  return {
    get answers() {
      return view.answers;
    },
    notices: view.notices,
    totals: view.totals,
    find: view.find,
    intent(intent) {
      if (writer.refusal !== undefined) throw writer.refusal;
      const number = nextIntent++;
      append(encodeIntent(intent, number));
      const { promptTokens, completionTokens, price } = intent.most;
      const usage = { promptTokens, completionTokens };
      tally.add({ type: "intent", intent: number, model: intent.model, usage, price, mayBePaid: false });
      schedule();
      return number;
    },
    result(result) {
      return new Promise((done, failed) => {
        const frame = encodeResult(result);
        const place = append(frame);
        const { intent, model, price, answer } = result;
        tally.add({ type: "result", intent, model, usage: answer.usage, price, mayBePaid: false });
        waiting.push({ key: Buffer.from(result.key, "hex"), place, done, failed });
        schedule();
      });
    },
    failure(failure) {
      append(encodeFailure(failure));
      tally.add({ type: "failure", ...failure });
      schedule();
    },
    async ready() {
      if (waitingBytes < mostWaiting || writer.flushFailure !== undefined) return;
      await new Promise<void>((done) => {
        readies.push(done);
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      try {
        await flushing;
        if (dirty && writer.flushFailure === undefined) await flush();
      } finally {
        clearTimeout(timer);
        writer.close();
        await view.close();
        release();
      }
    },
  };
}

interface Waiting {
  readonly key: Buffer;
  readonly place: Place;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}
