import type { JobEvents } from "./job.ts";

/** Events that also keep every notice, for the result and the report. */
export function collecting(
  events: JobEvents | undefined,
  notices: string[],
): JobEvents & { readonly notice: (message: string) => void } {
  return {
    ...events,
    notice(message) {
      // Two files that are written alike say the same of a column.
      if (notices.includes(message)) return;
      notices.push(message);
      events?.notice?.(message);
    },
  };
}

/** The events that reading a file knows. */
export function readEvents(events: JobEvents): Pick<JobEvents, "notice" | "progress"> {
  return {
    ...(events.notice ? { notice: events.notice } : {}),
    ...(events.progress ? { progress: events.progress } : {}),
  };
}
