import type { HttpReply, HttpRequest } from "../http.ts";
import type { Failure } from "../model.ts";

/** How one provider takes many requests at once, at a lower price, and answers within a day. */
export interface BatchApi {
  /** In one batch, at most. */
  readonly mostRequests: number;
  /** Of all that is sent, at most. */
  readonly mostBytes: number;
  /** Whether a request to this path can stand in a batch; where not, it is sent by itself. */
  takes(path: string): boolean;
  /** @param batch token: names the batch on our side; entries: all to one path
   * @returns the name that the provider gave it */
  submit(
    batch: { readonly token: string; readonly entries: readonly BatchEntry[] },
    io: BatchIo,
  ): Promise<Asked<string>>;
  /** A batch whose name was lost in a crash, by its token; null: the provider has none. Absent: it cannot be found by it. */
  find?(token: string, io: BatchIo): Promise<Asked<string | null>>;
  look(id: string, io: BatchIo): Promise<Asked<BatchState>>;
}

export interface BatchEntry {
  /** Letters and digits, at most 64. */
  readonly id: string;
  readonly path: string;
  /** JSON of the request. */
  readonly body: string;
}

export type BatchState =
  | { readonly state: "running" }
  /** The whole batch came to nothing. */
  | { readonly state: "failed"; readonly message: string }
  | { readonly state: "ended"; readonly lines: readonly BatchLine[] };

/** What became of one request; one that is missing was not answered. */
export interface BatchLine {
  readonly id: string;
  /** As an answer to the request by itself would have been. */
  readonly reply?: { readonly status: number; readonly body: unknown } | undefined;
  /** Not answered at all: the day was over, or somebody cancelled the batch. */
  readonly lapsed?: string | undefined;
}

export type Asked<T> =
  | { readonly value: T; readonly failure?: undefined }
  | { readonly failure: Failure; readonly value?: undefined };

export interface BatchIo {
  /** The reply of a good status; anything else is a failure. */
  send(request: HttpRequest, options?: { readonly asText?: boolean }): Promise<Asked<HttpReply>>;
}

/** The lines of a JSONL text; one that is torn is left out. */
export function readLines(text: string): unknown[] {
  const lines: unknown[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    try {
      lines.push(JSON.parse(line));
    } catch {
      // Whoever asked for it learns that it is missing, and asks again.
    }
  }
  return lines;
}
