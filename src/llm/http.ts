import { type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import { Cancelled } from "../errors.ts";
import { cleanMessage } from "./clean-message.ts";
import type { Failure, FailureKind } from "./model.ts";
import { onAbort } from "./on-abort.ts";
import type { Secret } from "./secret.ts";

/** One origin, with its connections kept alive. Owns sockets: close it. */
export interface HttpClient {
  /** Sends one request and reads the whole answer. Follows no redirect: a key must not travel to another server.
   * @throws {Cancelled} the signal fired */
  send(request: HttpRequest, options: HttpOptions): Promise<HttpResult>;
  close(): Promise<void>;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Appended to the base URL's path. */
  readonly path: string;
  readonly body?: string | undefined;
  /** Of the body; default application/json. */
  readonly contentType?: string | undefined;
}

export interface HttpOptions {
  readonly signal: AbortSignal;
  /** From now to the last byte. */
  readonly timeoutMs: number;
  /** Bytes of an answer at most; default 16 MB. */
  readonly mostBytes?: number | undefined;
  /** The answer is lines of JSON or anything else: leave it as text. */
  readonly asText?: boolean | undefined;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** What the JSON of the body says; undefined where there is none (only with a status that is not 2xx, or with `asText`). */
  readonly body: unknown;
  readonly text: string;
}

export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export type HttpResult =
  | { readonly reply: HttpReply; readonly failure?: undefined }
  | { readonly failure: Failure; readonly reply?: undefined };

const MOST_BYTES = 16 * 1024 * 1024;

/** @param base where requests go, up to the part that all paths share; no user, password, query or fragment
 * @param options connections: at a time, at most; headers: sent with each request; secrets: taken out of every message; environment: HTTP_PROXY,
 * HTTPS_PROXY and NO_PROXY (also in small letters) are followed, but never for the loopback */
export function createHttpClient(
  base: URL,
  options: {
    readonly connections: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly secrets: readonly Secret[];
    readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  },
): HttpClient {
  const dispatcher = openDispatcher(base, options);
  const prefix = base.pathname.replace(/\/+$/, "");
  const plain = { accept: "application/json", "user-agent": "counterfoil", ...options.headers };
  const json = { ...plain, "content-type": "application/json" };

  function send(request: HttpRequest, { signal, timeoutMs, mostBytes = MOST_BYTES, asText }: HttpOptions) {
    return new Promise<HttpResult>((done, failed) => {
      if (signal.aborted) return failed(new Cancelled());
      let controller: Dispatcher.DispatchController | undefined;
      let status: number | null = null;
      let headers: HttpHeaders = {};
      let bytes = 0;
      let first: Buffer | undefined;
      let more: Buffer[] | undefined;
      let ended = false;

      const end = (): boolean => {
        if (ended) return false;
        ended = true;
        clearTimeout(timer);
        forget();
        return true;
      };
      const fail = (kind: FailureKind, message: string): void => {
        if (!end()) return;
        const failure = { kind, status, message: cleanMessage(message, options.secrets), retryAfterMs: null };
        // Without a connection nothing was written.
        done({ failure: controller === undefined ? { ...failure, unsent: true } : failure });
        controller?.abort(STOPPED);
      };
      const timeout = (): void => {
        const seconds = timeoutMs / 1000;
        if (status === null) fail("timeout", `No answer within ${seconds} s.`);
        else fail("timeout", `The answer did not end within ${seconds} s (${bytes} bytes came).`);
      };
      // Where this process itself was busy for long, the answer may have come and wait to be read: that is done first.
      const timer = setTimeout(() => setImmediate(timeout), timeoutMs);
      const forget = onAbort(signal, () => {
        if (!end()) return;
        failed(new Cancelled());
        controller?.abort(STOPPED);
      });

      const handler: Dispatcher.DispatchHandler = {
        onRequestStart(started) {
          controller = started;
          if (ended) started.abort(STOPPED);
        },
        onResponseStart(_controller, statusCode, received) {
          status = statusCode;
          headers = received;
        },
        onResponseData(_controller, chunk) {
          if (ended) return;
          bytes += chunk.length;
          if (bytes > mostBytes) return fail("garbled", `The answer is longer than ${mostBytes} bytes.`);
          if (first === undefined) first = chunk;
          else {
            more ??= [first];
            more.push(chunk);
          }
        },
        onResponseEnd() {
          if (!end()) return;
          const text = more === undefined ? (first?.toString() ?? "") : Buffer.concat(more).toString();
          done(readReply(status as number, { headers, text, asText, secrets: options.secrets }));
        },
        onResponseError(_controller, error) {
          if (ended) return;
          const [kind, message] = explain(error, status === null ? null : bytes);
          fail(kind, message);
        },
      };
      try {
        dispatcher.dispatch(
          {
            origin: base.origin,
            path: prefix + request.path,
            method: request.method,
            headers:
              request.body === undefined
                ? plain
                : request.contentType === undefined
                  ? json
                  : { ...plain, "content-type": request.contentType },
            body: request.body ?? null,
            // The deadline above covers both.
            headersTimeout: 0,
            bodyTimeout: 0,
          },
          handler,
        );
      } catch (error) {
        fail("network", (error as Error).message);
      }
    });
  }

  return { send, close: () => dispatcher.destroy() };
}

const STOPPED = new Error("stopped");

function openDispatcher(
  base: URL,
  options: {
    readonly connections: number;
    readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  },
): Dispatcher {
  const limits = { connections: options.connections, pipelining: 1, keepAliveTimeout: 30_000 };
  const environment = options.environment ?? {};
  const httpProxy = environment.http_proxy ?? environment.HTTP_PROXY;
  const httpsProxy = environment.https_proxy ?? environment.HTTPS_PROXY ?? httpProxy;
  if (isLoopback(base.hostname) || !(base.protocol === "https:" ? httpsProxy : httpProxy))
    return new Pool(base.origin, limits);
  return new EnvHttpProxyAgent({
    ...limits,
    httpProxy: httpProxy ?? "",
    httpsProxy: httpsProxy ?? "",
    noProxy: environment.no_proxy ?? environment.NO_PROXY ?? "",
  });
}

/** This machine itself: needs neither key nor proxy. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(hostname);
}

function readReply(
  status: number,
  {
    headers,
    text,
    asText,
    secrets,
  }: {
    readonly headers: HttpHeaders;
    readonly text: string;
    readonly asText: boolean | undefined;
    readonly secrets: readonly Secret[];
  },
): HttpResult {
  const isGood = status >= 200 && status < 300;
  if (isGood && asText) return { reply: { status, headers, body: undefined, text } };
  const problem = (message: string): HttpResult => ({
    failure: { kind: "garbled", status, message: cleanMessage(message, secrets), retryAfterMs: null },
  });
  let body: unknown;
  try {
    body = text === "" && !isGood ? undefined : JSON.parse(text);
  } catch {
    if (isGood)
      return problem(
        isHtml(headers, text)
          ? `The answer is an HTML page: is the base URL right? ${text}`
          : `The answer is no JSON: ${text === "" ? "it is empty" : text}`,
      );
  }
  return { reply: { status, headers, body, text } };
}

/** A page for a browser, where an API was meant. */
export function isHtml(headers: HttpHeaders, text: string): boolean {
  return String(headers["content-type"] ?? "").startsWith("text/html") || /^\s*<(!doctype|html)/i.test(text);
}

/** @param bytes of the answer that came before the error; null: not even a status */
function explain(error: Error, bytes: number | null): [FailureKind, string] {
  const { code = "", name, message } = error as NodeJS.ErrnoException;
  const said = message || (error as { errors?: readonly Error[] }).errors?.[0]?.message || code;
  if (code.startsWith("HPE_") || name === "HTTPParserError") return ["garbled", `The answer is no HTTP: ${said}`];
  if (bytes !== null) return ["garbled", `The answer broke off after ${bytes} bytes: ${said}`];
  if (code === "UND_ERR_CONNECT_TIMEOUT") return ["network", `No connection: ${said}`];
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code))
    return ["network", `TLS: ${said} (${code}). A certificate authority of your own goes into NODE_EXTRA_CA_CERTS.`];
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return ["network", `The host's name is not known: ${said}`];
  return ["network", `No connection: ${said}`];
}
