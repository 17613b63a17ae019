import { open } from "node:fs/promises";
import { join } from "node:path";
import { throwIfCancelled } from "../../errors.ts";
import { FrameReader } from "./frame-reader.ts";
import type { JournalView } from "./journal.ts";
import { createKeyIndex, type Place } from "./key-index.ts";
import { listSegments, segmentName } from "./list-segments.ts";
import { decodeRecord, KEY_AT, readHead } from "./record.ts";
import { type Scanned, SEGMENT_HEADER, scanSegment } from "./scan-segment.ts";
import { createTally, type Tally } from "./tally.ts";

/** A journal that was read once from its beginning to its end. */
export interface LoadedJournal {
  readonly view: JournalView;
  readonly tally: Tally;
  /** Where an answer stands that was added since. */
  readonly index: { add(key: Buffer, place: Place): void };
  /** Number of the last file, and where it goes on; 0: there is none. */
  readonly last: { readonly segment: number; readonly end: number };
}

/** Reads every file of a journal once and keeps of each answer its key and its place. Changes nothing. */
export async function loadJournal(
  folder: string,
  { signal }: { readonly signal: AbortSignal | undefined },
): Promise<LoadedJournal> {
  const index = createKeyIndex();
  const tally = createTally();
  const notices: string[] = [];
  const names = new Map<string, string>();
  let last = { segment: 0, end: 0 };
  const segments = await listSegments(folder);
  for (const segment of segments) {
    const path = join(folder, segmentName(segment));
    const file = await open(path, "r");
    try {
      const scanned = await scanSegment(file, {
        path,
        visit: (frame, offset) => {
          const head = readHead(frame, names);
          tally.add(head);
          if (head.type === "result") index.add(frame, { at: KEY_AT, segment, offset, length: frame.length });
        },
        pause: () => throwIfCancelled(signal),
      });
      notices.push(...noticesOf(scanned, { path, isLast: segment === segments.at(-1) }));
      last = { segment, end: scanned.end };
    } finally {
      await file.close();
    }
  }

  const reader = new FrameReader(folder);
  /** Keys whose answer in the index does not check any more. */
  const damaged = new Set<string>();
  return {
    tally,
    last,
    index: {
      add: (key, place) => void index.add(key, { at: 0, ...place, replace: damaged.delete(key.toString("hex")) }),
    },
    view: {
      get answers() {
        return index.size;
      },
      notices,
      totals: tally.totals,
      find(key) {
        const place = damaged.has(key) ? undefined : index.find(key);
        if (place === undefined) return undefined;
        const frame = reader.read(place);
        const record = frame === undefined ? undefined : decodeRecord(frame);
        if (record?.type === "result" && record.key === key) {
          const { type: _, ...result } = record;
          return result;
        }
        damaged.add(key);
        notices.push(`An answer in ${folder} was damaged after the journal was opened; it is asked again.`);
        return undefined;
      },
      close: async () => reader.close(),
    },
  };
}

function noticesOf(
  { damage, torn, end, size }: Scanned,
  { path, isLast }: { readonly path: string; readonly isLast: boolean },
): string[] {
  const bytes = damage.reduce((sum, part) => sum + part.bytes, 0) + (isLast ? 0 : torn);
  return [
    ...(bytes > 0
      ? [
          `${path}: ${bytes} bytes are damaged (first at ${damage[0]?.offset ?? end}); what they held is asked again where it is needed, and the rest is used.`,
        ]
      : []),
    ...(isLast && torn > 0
      ? [`${path}: the last ${torn} bytes were cut: a crash tore them, or they were damaged.`]
      : []),
    ...(size < SEGMENT_HEADER.length && !isLast ? [`${path}: the file is cut short.`] : []),
  ];
}
