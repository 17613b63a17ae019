import { InvalidArgument } from "../errors.ts";
import type { PilotDesign } from "../hybrid/planner/design.ts";
import type { PilotMetric } from "../hybrid/planner/pilot.ts";
import type { Random } from "../random.ts";
import { loadSchema } from "./files.ts";
import type { JobEvents } from "./job.ts";
import { planDesign } from "./plan-design.ts";
import { describeGenerator, type GeneratorDescription, generatorName } from "./plan-generators.ts";
import type { PlanOptions } from "./plan-options.ts";
import { type PlanProgram, planProgram } from "./plan-programs.ts";
import { describedMetric, describeStudent, type StudentDescription, studentOf } from "./plan-students.ts";
import { openPlanTables, type PlanTables } from "./plan-tables.ts";

/** Everything that is settled before a pilot runs. */
export interface PlanSetup {
  readonly tables: PlanTables;
  readonly design: PilotDesign;
  readonly metric: PilotMetric;
  readonly generator: GeneratorDescription | PlanProgram;
  readonly generatorName: string;
  readonly student: StudentDescription | PlanProgram;
  readonly studentName: string;
}

/** Reads the tables of a pilot and settles who makes rows, who learns from them, and which cells are measured.
 * @throws {InvalidArgument} options that do not fit the tables or each other */
export async function setUpPlan(
  options: PlanOptions & { readonly train: string },
  context: { readonly random: Random; readonly events: JobEvents & { readonly notice: (message: string) => void } },
): Promise<PlanSetup> {
  const { random, events } = context;
  const programs = {
    student: options.student === undefined ? undefined : planProgram(options.student, { option: "--student", options }),
    generate:
      options.generate === undefined ? undefined : planProgram(options.generate, { option: "--generate", options }),
  };
  if (programs.generate && options.synthesizer !== undefined)
    throw new InvalidArgument(
      "conflicting-options",
      "Synthetic rows come either from --synthesizer or from --generate.",
      {
        advice: "Leave one of them out.",
      },
    );
  const own = programs.student && describedMetric(options, "the student");
  const override = options.schema === undefined ? undefined : await loadSchema(options.schema);
  const tables = await openPlanTables(options, { override, random, events });
  const student = programs.student ?? describeStudent(options, tables);
  const takesArm = programs.student === undefined || (options.student ?? "").includes("{arm}");
  if (!takesArm && options.arms?.includes("pretrain"))
    throw new InvalidArgument("no-arm", "The student is asked to pretrain, and its command has no place for {arm}.", {
      advice: "Put {arm} into it: it becomes mix or pretrain.",
    });
  const design = planDesign({ ...options, arms: options.arms ?? (takesArm ? undefined : ["mix"]) }, tables.train.rows);
  const generator =
    programs.generate ??
    describeGenerator(options, {
      schema: tables.schema,
      override: override && { ...override, columns: override.columns.filter(({ drop }) => !drop) },
    });
  return {
    tables,
    design,
    metric: own ?? studentOf(student as StudentDescription).metric,
    generator,
    generatorName: "words" in generator ? (options.generate as string) : generatorName(generator),
    student,
    studentName: "words" in student ? (options.student as string) : studentOf(student).name,
  };
}
