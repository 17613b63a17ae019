import { columnOf } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import type { PilotMetric } from "../hybrid/planner/pilot.ts";
import { type ClassSkill, type NumberSkill, SKILLS, type SkillName } from "../hybrid/planner/skill.ts";
import type { Student } from "../hybrid/planner/student.ts";
import { type TableTarget, tableStudent } from "../hybrid/planner/table-student.ts";
import { textStudent } from "../hybrid/planner/text-student.ts";
import { suggest } from "../math/nearest-name.ts";
import type { TableSchema } from "../schema/schema.ts";
import type { PlanOptions } from "./plan-options.ts";
import type { PlanTables } from "./plan-tables.ts";

/** A built-in student as plain data, so that a worker thread can make it. */
export type StudentDescription =
  | {
      readonly kind: "table";
      readonly target: string;
      readonly predict: TableTarget;
      readonly schema: TableSchema;
    }
  | {
      readonly kind: "text";
      readonly target: string;
      readonly text: readonly string[];
      readonly classes: readonly string[];
    };

/** The student of a description. */
export function studentOf(description: StudentDescription): Student {
  return description.kind === "table"
    ? tableStudent(description)
    : textStudent({ ...description, features: "n-grams" });
}

/** The built-in student for these tables.
 * @throws {InvalidArgument} no target, or a metric that does not fit it */
export function describeStudent(options: PlanOptions, tables: PlanTables): StudentDescription {
  const { target } = options;
  if (target === undefined)
    throw new InvalidArgument("no-target", "Nobody said which column is to be predicted.", {
      advice: "Name it with --target, or give a student of your own with --student.",
    });
  columnOf(tables.train, target);
  const { classes } = tables;
  if (options.text) return describeTextStudent(options.text, { target, classes, metric: options.metric });
  const metric = metricFor(options.metric, classes);
  return {
    kind: "table",
    target,
    schema: tables.schema,
    predict: classes
      ? { kind: "class", classes, metric: metric as ClassSkill }
      : { kind: "number", metric: metric as NumberSkill },
  };
}

function describeTextStudent(
  text: readonly string[],
  of: { readonly target: string; readonly classes: readonly string[] | null; readonly metric: string | undefined },
): StudentDescription {
  const { target, classes, metric } = of;
  if (text.includes(target))
    throw new InvalidArgument("conflicting-options", `"${target}" is both the target and a text.`, {
      advice: "Name it in one of the two.",
    });
  if (!classes)
    throw new InvalidArgument(
      "bad-target",
      `The target "${target}" is a number; a student for texts predicts classes.`,
      {
        advice: "Choose another --target, or give a student of your own with --student.",
      },
    );
  if (metric !== undefined && metric.toLowerCase() !== "accuracy")
    throw new InvalidArgument("bad-metric", `The student for texts is measured by its accuracy, not by "${metric}".`, {
      advice: "Leave --metric out, or give a student of your own with --student.",
    });
  return { kind: "text", target, text, classes };
}

function metricFor(asked: string | undefined, classes: readonly string[] | null): SkillName {
  const fitting: readonly SkillName[] = classes
    ? classes.length === 2
      ? ["auc", "accuracy", "log-loss"]
      : ["accuracy", "log-loss"]
    : ["r2", "rmse"];
  if (asked === undefined) return fitting[0] as SkillName;
  const found = fitting.find((name) => name === asked.toLowerCase());
  if (found) return found;
  throw new InvalidArgument(
    "bad-metric",
    `The metric "${asked}" is none for a target that is ${classes ? `one of ${classes.length} classes` : "a number"}${suggest(asked, fitting)}.`,
    { advice: "Choose one of these, or give a student of your own with --student." },
  );
}

/** The metric of a command or of a grid, by its name, or as it is described.
 * @throws {InvalidArgument} no name; a name that says nothing of which way is better */
export function describedMetric(options: PlanOptions, of: string): PilotMetric {
  const { metric: name, better, perfect } = options;
  if (name === undefined)
    throw new InvalidArgument("no-metric", `Nobody said what the numbers of ${of} are.`, {
      advice: "Name them with --metric, and say --better higher or lower: --metric F1 --better higher --perfect 1.",
    });
  const known: PilotMetric | undefined = Object.hasOwn(SKILLS, name.toLowerCase())
    ? SKILLS[name.toLowerCase() as SkillName]
    : undefined;
  const way = better ?? known?.better;
  if (way === undefined)
    throw new InvalidArgument("no-metric", `Whether a higher or a lower "${name}" is better is not known.`, {
      advice: "Say --better higher or --better lower, and --perfect for the value of a perfect student.",
    });
  return { name: known?.name ?? name, better: way, perfect: perfect ?? (way === "higher" ? 1 : 0) };
}
