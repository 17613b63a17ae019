import { open } from "node:fs/promises";
import { join } from "node:path";
import { diskError } from "./disk-error.ts";
import type { JournalRecord } from "./journal.ts";
import { listSegments, segmentName } from "./list-segments.ts";
import { decodeRecord } from "./record.ts";
import { scanSegment } from "./scan-segment.ts";

/** Visits every whole record of a journal in the order in which they were written, one at a time in memory. Takes no lock and changes nothing: while another
 * process writes, it sees what was there when it came to the end.
 * @throws {ResourceError} */
export async function readJournal(
  folder: string,
  visit: (record: JournalRecord) => void | Promise<void>,
): Promise<void> {
  try {
    for (const segment of await listSegments(folder)) {
      const path = join(folder, segmentName(segment));
      const file = await open(path, "r");
      try {
        await scanSegment(file, { path, visit: (frame) => visit(decodeRecord(frame)) });
      } finally {
        await file.close();
      }
    }
  } catch (error) {
    throw diskError(error, { doing: "reading the journal", path: folder });
  }
}
