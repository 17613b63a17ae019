import { createReadStream } from "node:fs";

/** The values of a file of JSON lines that this product wrote, one by one, in bounded memory. Lines end with LF alone: a text may hold any other sign that
 * ends a line elsewhere. */
export async function* readJsonLines(path: string): AsyncGenerator<unknown> {
  let begun: Buffer[] = [];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      begun.push(chunk.subarray(start, end));
      yield JSON.parse(Buffer.concat(begun).toString("utf8"));
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
  if (begun.length > 0) yield JSON.parse(Buffer.concat(begun).toString("utf8"));
}

const LF = 0x0a;
