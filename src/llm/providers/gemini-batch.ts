import type { Asked, BatchApi, BatchLine, BatchState } from "./batch-api.ts";
import { field, listField, numberField, textField } from "./provider-api.ts";

/** Batches of inline requests; the token is the batch's display name.
 * @param options path: of the model, /models/…
 * @source https://ai.google.dev/api/batch-api */
export function createGeminiBatch({ path }: { readonly path: string }): BatchApi {
  return {
    mostRequests: 50_000,
    // Inline requests may have 20 MB in all.
    mostBytes: 19_000_000,
    takes: (asked) => asked.endsWith(":generateContent"),

    async submit({ token, entries }, io) {
      const requests = entries.map(({ id, body }) => `{"request":${body},"metadata":{"key":${JSON.stringify(id)}}}`);
      const made = await io.send({
        method: "POST",
        path: `${path}:batchGenerateContent`,
        body: `{"batch":{"displayName":"${token}","inputConfig":{"requests":{"requests":[${requests.join(",")}]}}}}`,
      });
      if (made.failure) return made;
      const name = textField(made.value.body, "name");
      if (name !== undefined) return { value: name };
      return {
        failure: { kind: "garbled", status: null, message: "The batch that was made has no name.", retryAfterMs: null },
      };
    },

    async find(token, io) {
      let page = "";
      for (let i = 0; i < 5; i++) {
        const listed = await io.send({ method: "GET", path: `/batches?pageSize=100${page}` });
        if (listed.failure) return listed;
        const found = listField(listed.value.body, "operations").find(
          (operation) => textField(field(operation, "metadata"), "displayName") === token,
        );
        if (found !== undefined) return { value: textField(found, "name") ?? null };
        const next = textField(listed.value.body, "nextPageToken");
        if (!next) break;
        page = `&pageToken=${encodeURIComponent(next)}`;
      }
      return { value: null };
    },

    async look(id, io): Promise<Asked<BatchState>> {
      const looked = await io.send({ method: "GET", path: `/${id}` });
      if (looked.failure) return looked;
      const operation = looked.value.body;
      const state = textField(field(operation, "metadata"), "state") ?? "";
      const error = field(operation, "error");
      if (error !== undefined || /FAILED$/.test(state))
        return {
          value: { state: "failed", message: textField(error, "message") ?? "The batch failed, without a word." },
        };
      if (field(operation, "done") !== true && !/(SUCCEEDED|CANCELLED|EXPIRED)$/.test(state))
        return { value: { state: "running" } };
      const output = field(operation, "response") ?? field(field(operation, "metadata"), "output");
      const lines = listField(field(output, "inlinedResponses"), "inlinedResponses").map(readLine);
      return { value: { state: "ended", lines } };
    },
  };
}

function readLine(line: unknown): BatchLine {
  const id = textField(field(line, "metadata"), "key") ?? "";
  const response = field(line, "response");
  if (response !== undefined) return { id, reply: { status: 200, body: response } };
  const error = field(line, "error");
  return { id, reply: { status: HTTP_STATUS[numberField(error, "code") ?? 13] ?? 500, body: { error } } };
}

/** A line's error has the code of gRPC.
 * @source https://grpc.io/docs/guides/status-codes/ */
const HTTP_STATUS: Readonly<Record<number, number>> = { 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 14: 503, 16: 401 };
