import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { type Dispatcher, EnvHttpProxyAgent, fetch } from "undici";
import { Cancelled, NotTrusted, ResourceError, throwIfCancelled } from "../errors.ts";
import type { JobEvents } from "./job.ts";

/** What is fetched and how it is known to be right. */
export interface Download {
  readonly url: string;
  /** Where it is written; what is there already is taken for the beginning of it. The caller gives it its final name. */
  readonly to: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Without a byte for so long, the connection is given up; milliseconds. Default 60,000. */
  readonly stalledMs?: number | undefined;
}

/** Fetches a file, goes on where an earlier attempt ended, and checks its SHA-256 while writing. Proxies are those of the environment (HTTPS_PROXY, NO_PROXY).
 * @throws {ResourceError} "offline": the server cannot be reached; "not-fetched": it says no, or the connection broke again and again. What came is kept
 * @throws {NotTrusted} the content is another one; it is removed
 * @throws {Cancelled} what came is kept */
export async function download(options: Download): Promise<void> {
  const { to } = options;
  const agent = new EnvHttpProxyAgent();
  try {
    let resumed = (await stat(to).catch(() => undefined)) !== undefined;
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(options, agent);
      } catch (error) {
        throwIfCancelled(options.signal);
        const isBroken = error instanceof Broken;
        // What an earlier attempt left may be of something else: once from the start.
        if (error instanceof NotTrusted && resumed) resumed = false;
        else if (!isBroken) throw error;
        else if (tries >= MOST_TRIES)
          throw new ResourceError("not-fetched", `${hostOf(options.url)}: ${error.message}`, { cause: error.cause });
      }
    }
  } finally {
    await agent.destroy();
  }
}

const MOST_TRIES = 5;

/** The connection ended before the file did: worth another attempt. */
class Broken extends Error {}

async function attempt(options: Download, dispatcher: Dispatcher): Promise<void> {
  const { url, to, bytes, sha256, events, signal, stalledMs = 60_000 } = options;
  const stalled = new AbortController();
  const watch = setTimeout(() => stalled.abort(), stalledMs);
  const file = await open(to, "a+");
  try {
    let hash = createHash("sha256");
    let have = (await file.stat()).size;
    if (have > bytes) have = await emptied(file);
    if (have > 0) await hashFile(to, hash);
    if (have < bytes) {
      const response = await fetch(url, {
        dispatcher,
        signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
        headers: { "accept-encoding": "identity", ...(have > 0 && { range: `bytes=${have}-` }) },
      }).catch((error: unknown) => {
        throw unreachable(error, url);
      });
      if (response.status === 200 || response.status === 416) {
        if (have > 0) have = await emptied(file);
        hash = createHash("sha256");
      }
      if (response.status === 416 || response.status >= 500) throw new Broken(`status ${response.status}`);
      if (response.status !== 200 && response.status !== 206)
        throw new ResourceError("not-fetched", `${hostOf(url)} answers with status ${response.status}.`);
      if (response.status === 206 && !response.headers.get("content-range")?.startsWith(`bytes ${have}-`))
        throw new ResourceError("not-fetched", `${hostOf(url)} sends another part of the file than was asked for.`);
      try {
        for await (const part of response.body ?? []) {
          watch.refresh();
          const piece = part as Uint8Array;
          have += piece.length;
          if (have > bytes) throw wrong(url, `it has more than ${bytes} bytes`);
          hash.update(piece);
          await file.writeFile(piece);
          events?.progress?.(have, bytes, "B");
        }
      } catch (error) {
        if (error instanceof NotTrusted || signal?.aborted || isOfFiles(error)) throw error;
        throw new Broken("the connection broke", { cause: error });
      }
      if (have < bytes) throw new Broken(`the connection ended after ${have} of ${bytes} bytes`);
    }
    const found = hash.digest("hex");
    if (found !== sha256) throw wrong(url, `its SHA-256 is ${found}; want ${sha256}`);
    await file.sync();
  } catch (error) {
    if (error instanceof NotTrusted) await rm(to, { force: true });
    if (signal?.aborted) throw new Cancelled("Stopped on request; the next attempt goes on from here.");
    throw error;
  } finally {
    clearTimeout(watch);
    await file.close();
  }
}

async function emptied(file: FileHandle): Promise<0> {
  await file.truncate(0);
  return 0;
}

async function hashFile(path: string, hash: Hash): Promise<void> {
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part as Buffer);
}

function wrong(url: string, what: string): NotTrusted {
  return new NotTrusted(
    "wrong-hash",
    `What ${hostOf(url)} sends is not the file that is wanted: ${what}. It was removed.`,
    {
      advice: "Try another source (--from). If all of them answer so, tell the maintainers.",
    },
  );
}

function unreachable(error: unknown, url: string): Error {
  const { cause } = error as { cause?: { code?: string; message?: string } };
  const code = cause?.code ?? "";
  if (!NO_WAY.has(code)) return new Broken(cause?.message ?? (error as Error).message, { cause: error });
  return new ResourceError("offline", `${hostOf(url)} cannot be reached (${code}).`, { cause: error });
}

const NO_WAY = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function isOfFiles(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === "write" && code !== "ECONNRESET" && code !== "EPIPE";
}

function hostOf(url: string): string {
  return new URL(url).host;
}
