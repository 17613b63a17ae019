// The menu: what a program imports from "counterfoil", in the order of the docs.

export type { Column, DateColumn, NumberColumn, Table, TextColumn } from "./data/table.ts";
export { columnOf, tableOf } from "./data/table.ts";
export type { Budget, BudgetLine, PrivacyUnit } from "./dp/budget.ts";
export { createBudget } from "./dp/budget.ts";
export {
  Cancelled,
  CounterfoilError,
  InvalidArgument,
  InvalidData,
  NotTrusted,
  ResourceError,
  Unsupported,
} from "./errors.ts";
export type { PrivacyStatement } from "./evidence/privacy-statement.ts";
export type { CollapseResult } from "./hybrid/collapse/result.ts";
export type {
  InferAlarm,
  InferEstimation,
  InferResult,
  InferTables,
  InferTerm,
} from "./hybrid/infer-result.ts";
export type { CollapseOptions } from "./jobs/collapse/options.ts";
export { collapse } from "./jobs/collapse.ts";
export type { CompleteOptions, CompleteResult } from "./jobs/complete.ts";
export { complete } from "./jobs/complete.ts";
export type { DriftOptions, DriftResult } from "./jobs/drift.ts";
export { drift } from "./jobs/drift.ts";
export type { ColumnEstimate, Estimate, Range } from "./jobs/estimate-recipe.ts";
export { estimateRecipe } from "./jobs/estimate-recipe.ts";
export { evaluate } from "./jobs/evaluate.ts";
export { infer } from "./jobs/infer.ts";
export type { InferOptions } from "./jobs/infer-options.ts";
export type {
  EvaluateOptions,
  JobEvents,
  JobResult,
  SynthesizeOptions,
  VerifyOptions,
  VerifyResult,
} from "./jobs/job.ts";
export type { PlanResult } from "./jobs/plan.ts";
export { plan } from "./jobs/plan.ts";
export type { PlanOptions } from "./jobs/plan-options.ts";
export type { PlanPreview } from "./jobs/plan-preview.ts";
export { previewPlan } from "./jobs/plan-preview.ts";
export type { Preview, PreviewRow } from "./jobs/preview-recipe.ts";
export { previewRecipe } from "./jobs/preview-recipe.ts";
export type { PreviewOptions, RecipeOptions, RunRecipeOptions } from "./jobs/run-options.ts";
export { runRecipe } from "./jobs/run-recipe.ts";
export type { RunResult } from "./jobs/run-result.ts";
export type { SampleModelOptions, SampleResult } from "./jobs/sample.ts";
export { sample } from "./jobs/sample.ts";
export type { ScaleOptions, ScaleResult } from "./jobs/scale.ts";
export { scale } from "./jobs/scale.ts";
export { synthesize } from "./jobs/synthesize.ts";
export { verify } from "./jobs/verify.ts";
export { metrics } from "./metrics/index.ts";
export type {
  Family,
  Interval,
  MeasuredScore,
  Metric,
  MetricInput,
  Planting,
  Score,
  UncomputedScore,
  WorstPart,
} from "./metrics/metric.ts";
export { textMetrics } from "./metrics/text/index.ts";
export type { TextMetricInput } from "./metrics/text/input.ts";
export type { TextMetric } from "./metrics/text/text-metric.ts";
export type { Decision, Outcome, RuleResult, Verdict } from "./policy/decision.ts";
export { secureSource } from "./random.ts";
export { declaredSchema } from "./schema/declared-schema.ts";
export { parseSchema } from "./schema/file.ts";
export type { ColumnSchema, IdentifierType, Kind, TableSchema } from "./schema/schema.ts";
export type { FitTableOptions } from "./synthesizers/fit-table.ts";
export { fitTable, loadTable } from "./synthesizers/fit-table.ts";
export type { FittedTable, SampleTableOptions } from "./synthesizers/fitted-table.ts";
export { synthesizers } from "./synthesizers/index.ts";
export { completeSchema } from "./synthesizers/private/complete-schema.ts";
export type { FitOptions, Fitted, FittedRecord, SampleOptions, Synthesizer } from "./synthesizers/synthesizer.ts";
export type {
  Budget as RunBudget,
  ModelConfiguration,
  Recipe,
  SourceConfiguration,
  StepConfiguration,
} from "./text/recipe.ts";
export { defineRecipe, PERMISSION } from "./text/recipe.ts";
export type { Lineage, RunSummary } from "./text/run-summary.ts";
export type { CellContext, Row } from "./text/step.ts";
