import type { JobEvents } from "../jobs/job.ts";

/** What a long command shows while it works, on stderr: one line that renews itself on a terminal, plain lines when piped, nothing when quiet. */
export interface Display {
  readonly events: JobEvents;
  /** Removes the live line; call before printing a result. */
  readonly finish: () => void;
}

export function display(options: {
  readonly quiet?: boolean | undefined;
  readonly json?: boolean | undefined;
}): Display {
  if (options.quiet) return { events: {}, finish: () => {} };
  const out = process.stderr;
  const live = out.isTTY === true && process.env.TERM !== "dumb" && !process.env.CI;
  let phase = "";
  let detail = "";
  let started = performance.now();
  let drawn = 0;
  const clear = (): void => {
    if (live && drawn > 0) out.write("\r\x1b[2K");
    drawn = 0;
  };
  const draw = (line: string): void => {
    clear();
    // A terminal that does not know its width says 0.
    out.write(line.slice(0, (out.columns || 80) - 1));
    drawn = 1;
  };
  const close = (): void => {
    if (phase === "") return;
    clear();
    if (live)
      out.write(`  ✓ ${phase}${detail ? ` · ${detail}` : ""} · ${seconds((performance.now() - started) / 1000)}\n`);
    phase = "";
  };
  let last = 0;
  return {
    events: {
      phase(name, about) {
        close();
        phase = name;
        detail = about ?? "";
        started = performance.now();
        last = 0;
        if (live) draw(`  … ${phase}${detail ? ` · ${detail}` : ""}`);
        else out.write(`${phase}${detail ? ` · ${detail}` : ""}\n`);
      },
      progress(done, total, unit) {
        const now = performance.now();
        if (!live || now - last < 100) return;
        last = now;
        const elapsed = (now - started) / 1000;
        const rate = done / Math.max(elapsed, 1e-9);
        const left = done > 0 ? (total - done) / rate : Number.NaN;
        const width = 20;
        const filled = Math.round((width * Math.min(done, total)) / Math.max(total, 1));
        const pace = unit && elapsed > 0.5 ? ` · ${compact(rate)} ${unit}/s` : "";
        const eta = Number.isFinite(left) && elapsed > 0.5 ? ` · ${seconds(left)} left` : "";
        draw(
          `  … ${phase}${detail ? ` · ${detail}` : ""} ${"█".repeat(filled)}${"░".repeat(width - filled)} ${compact(done)}/${compact(total)}${pace}${eta}`,
        );
      },
      notice(message) {
        clear();
        out.write(`  note: ${message}\n`);
      },
    },
    finish: close,
  };
}

/** An abort signal that Ctrl-C and a polite kill fire; a second Ctrl-C ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      process.stderr.write("\nStopping; a second Ctrl-C stops at once.\n");
      controller.abort();
      process.once(name, () => process.exit(130));
    });
  }
  return controller.signal;
}

/** 950 → "950", 12,300 → "12.3k", 1,200,000 → "1.2M". */
export function compact(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toFixed(1)}G`;
  if (n >= 1e6) return `${(n / 1e6).toFixed(1)}M`;
  if (n >= 10_000) return `${(n / 1e3).toFixed(1)}k`;
  return String(Math.round(n));
}

function seconds(s: number): string {
  if (s >= 3600) return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
  if (s >= 60) return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
  return s >= 10 ? `${Math.round(s)} s` : `${s.toFixed(1)} s`;
}
