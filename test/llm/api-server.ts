import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface ApiRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Of the text as JSON; undefined where it is none. */
  readonly body: unknown;
}

export interface ApiReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is, anything else as JSON. */
  readonly body: unknown;
}

/** A real HTTP server on the loopback that answers as a test says, and remembers what it was asked. */
export async function startApiServer(
  answer: (request: ApiRequest) => ApiReply,
): Promise<{ readonly origin: string; readonly asked: ApiRequest[]; close(): Promise<void> }> {
  const asked: ApiRequest[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString();
      let body: unknown;
      try {
        body = JSON.parse(text);
      } catch {
        // Not every request has one.
      }
      const got = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, text, body };
      asked.push(got);
      const reply = answer(got);
      response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
      response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
