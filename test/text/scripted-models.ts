import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A chat request as it came over the wire, in OpenAI's form. */
export interface WireRequest {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format?: { readonly type: string };
  readonly tools?: readonly unknown[];
  readonly input?: string;
}

/** What the endpoint says to a request. */
export type Reply =
  | { readonly text: string; readonly finish?: string }
  | { readonly vector: readonly number[] }
  | { readonly status: number; readonly error: string };

/** A real endpoint that answers by a script: for answers that the deterministic one does not give. */
export async function startScriptedModels(reply: (request: WireRequest, number: number) => Reply): Promise<{
  readonly baseUrl: string;
  readonly requests: readonly WireRequest[];
  close(): Promise<void>;
}> {
  const requests: WireRequest[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const asked = JSON.parse(Buffer.concat(parts).toString()) as WireRequest;
      requests.push(asked);
      const said = reply(asked, requests.length);
      response.writeHead("status" in said ? said.status : 200, { "content-type": "application/json" });
      if ("status" in said) response.end(JSON.stringify({ error: { message: said.error } }));
      else if ("vector" in said)
        response.end(JSON.stringify({ model: "scripted", data: [{ embedding: said.vector }] }));
      else {
        const message = asked.tools
          ? { content: null, tool_calls: [{ function: { arguments: said.text } }] }
          : { content: said.text };
        response.end(
          JSON.stringify({ model: "scripted", choices: [{ message, finish_reason: said.finish ?? "stop" }] }),
        );
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
