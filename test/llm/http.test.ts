import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { Cancelled, InvalidArgument } from "../../src/errors.ts";
import { cleanMessage } from "../../src/llm/clean-message.ts";
import { createHttpClient, type HttpClient, type HttpOptions } from "../../src/llm/http.ts";
import { findKey } from "../../src/llm/http-key.ts";
import { rateLimits, retryAfter } from "../../src/llm/http-limits.ts";
import { Secret } from "../../src/llm/secret.ts";
import { startApiServer } from "./api-server.ts";

const CANARY = "sk-canary-0123456789abcdef";
const never = new AbortController().signal;

/** A server below HTTP: writes to each connection what a test wants, once a request has come. */
async function startRawServer(
  write: (socket: Socket) => void,
  hear: (text: string) => void = () => {},
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.once("data", (data) => {
      hear(data.toString());
      write(socket);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function clientOf(origin: string): HttpClient {
  return createHttpClient(new URL(`${origin}/v1`), {
    connections: 4,
    headers: { authorization: `Bearer ${CANARY}` },
    secrets: [new Secret(CANARY)],
  });
}

const post = (client: HttpClient, options: Partial<HttpOptions> = {}) =>
  client.send({ method: "POST", path: "/chat", body: "{}" }, { signal: never, timeoutMs: 2000, ...options });

const FAULTS: readonly {
  readonly name: string;
  readonly write: (socket: Socket) => void;
  readonly options?: Partial<HttpOptions>;
  readonly kind: string;
  readonly message: RegExp;
}[] = [
  { name: "a hang", write: () => {}, options: { timeoutMs: 60 }, kind: "timeout", message: /No answer within 0.06 s/ },
  {
    name: "an endless stream that never pauses",
    write: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n");
      const timer = setInterval(() => socket.write(" ".repeat(1000)), 5);
      socket.on("close", () => clearInterval(timer));
    },
    options: { timeoutMs: 100 },
    kind: "timeout",
    message: /did not end within 0.1 s \(\d+ bytes came\)/,
  },
  {
    name: "more than may come",
    write: (socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n${"x".repeat(5000)}`),
    options: { mostBytes: 1000 },
    kind: "garbled",
    message: /longer than 1000 bytes/,
  },
  {
    name: "a body that is torn",
    write: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"choices":'),
    kind: "garbled",
    message: /broke off after 11 bytes/,
  },
  {
    name: "a chunked body that is torn",
    write: (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n'),
    kind: "garbled",
    message: /broke off/,
  },
  {
    name: "a reset before any byte",
    write: (socket) => socket.resetAndDestroy(),
    kind: "network",
    message: /No connection/,
  },
  {
    name: "what is no HTTP",
    write: (socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"),
    kind: "garbled",
    message: /no HTTP/,
  },
  {
    name: "no JSON",
    write: (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"),
    kind: "garbled",
    message: /no JSON: hello/,
  },
  {
    name: "an empty body",
    write: (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    kind: "garbled",
    message: /it is empty/,
  },
  {
    name: "a page that quotes the key",
    write: (socket) =>
      socket.end(
        `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>\u0007Bearer ${CANARY}${"<p>".repeat(500)}</html>`,
      ),
    kind: "garbled",
    message: /^The answer is an HTML page: is the base URL right\? <html> Bearer \[key\]/,
  },
];

for (const { name, write, options, kind, message } of FAULTS)
  test(`${name} is ${kind}`, async () => {
    const server = await startRawServer(write);
    const client = clientOf(server.origin);
    const { failure } = await post(client, options);
    assert.equal(failure?.kind, kind);
    assert.match(failure?.message ?? "", message);
    assert.ok((failure?.message.length ?? 0) <= 300);
    assert.equal(failure?.unsent, undefined);
    await client.close();
    await server.close();
  });

test("a port where nobody listens, and a name that nobody knows, are of the network", async () => {
  const server = await startRawServer(() => {});
  await server.close();
  for (const origin of [server.origin, "http://no-such-host.invalid"]) {
    const client = clientOf(origin);
    const { failure } = await post(client);
    assert.equal(failure?.kind, "network", failure?.message);
    assert.equal(failure?.unsent, true);
    await client.close();
  }
});

test("a redirect is not followed, so the key stays here", async () => {
  const thief = await startApiServer(() => ({ body: {} }));
  const server = await startApiServer(() => ({
    status: 302,
    headers: { location: `${thief.origin}/v1/chat` },
    body: "",
  }));
  const client = clientOf(server.origin);
  const { reply } = await post(client);
  assert.equal(reply?.status, 302);
  assert.equal(thief.asked.length, 0);
  await client.close();
  await server.close();
  await thief.close();
});

test("a signal ends the request at once, before and while it is under way", async () => {
  const server = await startRawServer(() => {});
  const client = clientOf(server.origin);
  const controller = new AbortController();
  const all = Array.from({ length: 10 }, () => post(client, { signal: controller.signal }));
  setTimeout(() => controller.abort(), 20);
  for (const each of all) await assert.rejects(each, Cancelled);
  await assert.rejects(post(client, { signal: controller.signal }), Cancelled);
  await client.close();
  await server.close();
});

test("connections are kept and shared, and no more of them than allowed", async () => {
  const ports = new Set<number>();
  const server = await startApiServer(() => ({ body: {} }));
  const client = clientOf(server.origin);
  for (let i = 0; i < 3; i++) await Promise.all(Array.from({ length: 8 }, () => post(client)));
  for (const { headers } of server.asked) ports.add(Number(headers.host?.split(":")[1]));
  assert.equal(server.asked.length, 24);
  assert.equal(server.asked[0]?.path, "/v1/chat");
  assert.equal(server.asked[0]?.headers.authorization, `Bearer ${CANARY}`);
  await client.close();
  await server.close();
});

test("a proxy of the environment is asked for everything but the loopback", async () => {
  let asked = "";
  const proxy = await startRawServer(
    (socket) => {
      socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
    },
    (first) => {
      asked = first;
    },
  );
  const server = await startApiServer(() => ({ body: { by: "itself" } }));
  const options = { connections: 1, headers: {}, secrets: [], environment: { http_proxy: proxy.origin } };
  const direct = createHttpClient(new URL(server.origin), options);
  assert.deepEqual((await post(direct)).reply?.body, { by: "itself" });
  assert.equal(asked, "");
  const through = createHttpClient(new URL("http://models.example"), options);
  const { failure } = await post(through);
  assert.match(asked, /models\.example/);
  assert.equal(failure?.kind, "network");
  await direct.close();
  await through.close();
  await proxy.close();
  await server.close();
});

test("a key is never printed", () => {
  const secret = new Secret(CANARY);
  for (const text of [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 5, showHidden: true }),
  ])
    assert.ok(!text.includes("canary"), text);
  for (const said of [
    `got ${CANARY}`,
    `Incorrect API key provided: sk-canar***************cdef.`,
    `${"x".repeat(290)}${CANARY}`,
  ])
    assert.ok(!/canar/.test(cleanMessage(said, [secret])), cleanMessage(said, [secret]));
});

test("a key comes from a variable or a file, trimmed, and what is missing is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  const file = join(folder, "key");
  await writeFile(file, `${CANARY}\n`);
  const options = {
    model: "writer",
    usual: "OPENAI_API_KEY",
    environment: { OPENAI_API_KEY: ` ${CANARY} `, EMPTY: "" },
  };
  assert.equal((await findKey(undefined, options)).reveal(), CANARY);
  const notices: string[] = [];
  await chmod(file, 0o644);
  assert.equal((await findKey({ file }, { ...options, notice: (text) => notices.push(text) })).reveal(), CANARY);
  assert.match(notices[0] ?? "", /can be read by other users/);
  await chmod(file, 0o600);
  assert.equal((await findKey({ file }, { ...options, notice: (text) => notices.push(text) })).reveal(), CANARY);
  assert.equal(notices.length, 1);
  for (const [apiKey, words] of [
    [{ env: "MINE" }, /"writer" needs a key, and the environment variable MINE is not set/],
    [{ env: "EMPTY" }, /EMPTY is empty/],
    [{ file: join(folder, "none") }, /cannot be read from .*none \(ENOENT\)/],
  ] as const)
    await assert.rejects(
      findKey(apiKey, options),
      (error) => error instanceof InvalidArgument && words.test(error.message),
    );
  await writeFile(file, `KEY=${CANARY}\nand more`);
  await assert.rejects(
    findKey({ file }, options),
    (error) => error instanceof InvalidArgument && error.code === "unusable-key" && !inspect(error).includes("canary"),
  );
  await rm(folder, { recursive: true });
});

test("Retry-After and the reset of a limit are read in every form that servers use", () => {
  const date = "Sun, 29 Nov 2026 12:00:00 GMT";
  assert.equal(retryAfter({ "retry-after": "2" }), 2000);
  assert.equal(retryAfter({ "retry-after": "0.5" }), 500);
  assert.equal(retryAfter({ "retry-after-ms": "120", "retry-after": "1" }), 120);
  assert.equal(retryAfter({ "retry-after": "Sun, 29 Nov 2026 12:00:07 GMT", date }), 7000);
  assert.equal(retryAfter({ "retry-after": "Sun, 29 Nov 2026 11:00:00 GMT", date }), 0);
  assert.equal(retryAfter({ "retry-after": "soon" }), null);
  assert.equal(retryAfter({}), null);
  const names = { limit: "l", remaining: "r", reset: "t" };
  const nothing = { limit: "-", remaining: "-", reset: "-" };
  for (const [reset, resetMs] of [
    ["6m0s", 360_000],
    ["1h2m3.5s", 3_723_500],
    ["20ms", 20],
    ["12", 12_000],
    ["2026-11-29T12:00:09Z", 9000],
    [String(Date.parse(date) + 4000), 4000],
    [String(Date.parse(date) / 1000 + 4), 4000],
    ["whenever", 60_000],
  ] as const)
    assert.deepEqual(
      rateLimits({ l: "100", r: "7", t: reset, date }, { requests: names, tokens: nothing })?.requests,
      { limit: 100, remaining: 7, resetMs },
      reset,
    );
  assert.equal(rateLimits({ l: "0", r: "0" }, { requests: names, tokens: nothing }), undefined);
});
