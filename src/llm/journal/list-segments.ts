import { readdir } from "node:fs/promises";

/** Numbers of the segments of a journal's folder, in order. */
export async function listSegments(folder: string): Promise<number[]> {
  return (await readdir(folder))
    .flatMap((name) => (/^\d{6,}\.log$/.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((a, b) => a - b);
}

export const segmentName = (segment: number): string => `${String(segment).padStart(6, "0")}.log`;
