import { throwIfCancelled } from "../../errors.ts";
import { diskError } from "./disk-error.ts";
import type { JournalView } from "./journal.ts";
import { loadJournal } from "./load-journal.ts";

/** Opens a journal to look into it: takes no lock, writes nothing, so it may lie on a disk that cannot be written or be in use by another process; of what that
 * writes later nothing is seen.
 * @throws {ResourceError} it cannot be read, or there is none */
export async function openJournalView(
  folder: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<JournalView> {
  throwIfCancelled(signal);
  try {
    return (await loadJournal(folder, { signal })).view;
  } catch (error) {
    throw diskError(error, { doing: "opening the journal", path: folder });
  }
}
