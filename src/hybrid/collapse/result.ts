import type { Arm } from "./arms.ts";
import type { Stop } from "./stop-rules.ts";

/** What `counterfoil collapse --json` prints and `collapse.json` holds. */
export type CollapseResult = LinearCollapse | TableCollapse;

interface Common {
  readonly format: "counterfoil-collapse/1";
  readonly version: string;
  readonly generations: number;
  /** Of the intervals of single values. */
  readonly level: number;
  readonly seed: number;
}

/** A value of a generation, with an interval. */
export interface GenerationPoint {
  /** 0: the real rows. */
  readonly generation: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The linear model: squared error of each generation, in units of that of one fit to real rows. */
export interface LinearCollapse extends Common {
  readonly study: "linear";
  readonly dimensions: number;
  readonly rows: number;
  readonly trials: number;
  readonly arms: readonly {
    readonly arm: Arm;
    readonly points: readonly (GenerationPoint & { readonly theory: number })[];
  }[];
}

/** Generations of a table. Aggregates only. */
export interface TableCollapse extends Common {
  readonly study: "table";
  /** "stop" where a rule stopped the arm that decides. */
  readonly decision: "none" | "stop";
  /** Whole sentences, the deciding one first. */
  readonly reasons: readonly string[];
  /** The arm that decides: accumulate, or the first of those that were asked for. */
  readonly decides: Arm;
  readonly table: {
    readonly name: string;
    readonly rows: number;
    readonly sha256: string;
    readonly generation: number;
  };
  /** Real rows that the first generation learns from, and as many as each generation has. */
  readonly learnt: number;
  /** Real rows that were set aside before. */
  readonly frozen: number;
  readonly synthesizer: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  readonly seeds: number;
  /** A fall beyond this share stops. */
  readonly mostFall: number;
  /** Chance that redraws of one population are stopped, over all monitors and generations of an arm. */
  readonly falseAlarms: number;
  readonly monitors: readonly { readonly name: string; readonly title: string; readonly explains: string }[];
  /** Monitors that have nothing to watch here, and why. */
  readonly notWatched: readonly { readonly name: string; readonly why: string }[];
  readonly arms: readonly {
    readonly arm: Arm;
    /** In the order of the generations. */
    readonly stops: readonly Stop[];
    /** By monitor, means over the seeds. */
    readonly curves: readonly { readonly monitor: string; readonly points: readonly GenerationPoint[] }[];
  }[];
}
