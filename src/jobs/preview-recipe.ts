import type { Json } from "../llm/model.ts";
import type { RunSummary } from "../text/run-summary.ts";
import { runText } from "../text/run-text.ts";
import { collecting } from "./events.ts";
import { engineClock, openAskingEngine } from "./recipe-engine.ts";
import type { PreviewOptions } from "./run-options.ts";

/** Rows that are made when nobody says how many. */
export const PREVIEW_ROWS = 5;

/** The first rows of a recipe with every cell. */
export interface Preview {
  readonly format: "counterfoil-preview/1";
  /** In the order of their numbers, rejected ones among them. */
  readonly rows: readonly PreviewRow[];
  readonly summary: RunSummary;
  readonly notices: readonly string[];
}

export interface PreviewRow {
  readonly index: number;
  readonly sourceIndex: number | null;
  /** In the order of the recipe's steps; what was not made, since the row was rejected before, is left out. */
  readonly cells: readonly { readonly step: string; readonly kind: string; readonly value: Json }[];
  readonly rejected: { readonly step: string; readonly reason: string; readonly detail: string } | null;
}

/** Makes the first rows of a recipe and shows every cell of them, accepted or rejected, for the price of these rows. Their answers stay in the journal: a run
 * over the same work folder does not pay for them again. Writes no bundle.
 * @throws as {@link runRecipe} */
export async function previewRecipe(options: PreviewOptions): Promise<Preview> {
  const notices: string[] = [];
  const events = collecting(options.events, notices);
  const count = options.preview ?? PREVIEW_ROWS;
  const engine = await openAskingEngine(options, events);
  try {
    const { plan } = engine;
    const order = engine.recipe.steps.map(({ name }) => name);
    const rows: PreviewRow[] = [];
    const shown = (cells: Readonly<Record<string, Json | undefined>>): PreviewRow["cells"] =>
      order.flatMap((step) => {
        const value = cells[step];
        const kind = plan.kinds[step] as string;
        return value === undefined || kind === "check" || kind === "deduplicate" ? [] : [{ step, kind, value }];
      });
    events.phase?.("make", `${count} rows`);
    const run = await runText(plan, {
      rows: "all",
      sourceRows: count,
      attempt: (index) => (index < count ? engine.attempt(index) : undefined),
      random: engine.random.split("rows"),
      caller: engine.caller,
      clock: engineClock,
      signal: options.signal,
      concurrency: engine.concurrency,
      onAccepted: ({ index, sourceIndex, cells }) => {
        rows.push({ index, sourceIndex, cells: shown(cells), rejected: null });
      },
      onRejected: ({ index, sourceIndex, cells }, { step, reason, detail }) => {
        rows.push({ index, sourceIndex, cells: shown(cells), rejected: { step, reason, detail } });
      },
      events: { progress: ({ accepted, rejected }) => events.progress?.(accepted + rejected, count, "rows") },
    });
    const summary = { ...run, lanes: engine.lanes.map((lane) => lane.summary()) };
    return { format: "counterfoil-preview/1", rows, summary, notices };
  } finally {
    await engine.close();
  }
}
