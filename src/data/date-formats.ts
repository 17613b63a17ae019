/** How dates are written in text files. A shape is what digits and signs look like; a format is one reading of a shape. */

export interface DateFormat {
  readonly storage: "date" | "timestamp";
  /** For people, in messages. */
  readonly label: string;
  /** strftime pattern to write it back; absent: ISO 8601. */
  readonly pattern?: string;
  /** SQL that reads a text, NULL where it is not such a date. */
  readonly parse: (sql: string) => string;
}

interface Shape {
  readonly name: string;
  readonly regex: string;
  readonly readings: readonly { readonly label: string; readonly pattern: string }[];
}

/** SQL: the shape of a trimmed text, or "text". */
export function shapeSql(text: string): string {
  const cases = SHAPES.map(({ name, regex }) => `WHEN regexp_full_match(${text}, '${regex}') THEN '${name}'`);
  return `CASE ${cases.join(" ")} ELSE 'text' END`;
}

/** A shape for people. */
export function shapeName(name: string): string {
  return (
    SHAPES.find((shape) => shape.name === name)
      ?.readings.map(({ label }) => label)
      .join(" or ") ?? name
  );
}

/** The formats that may hold for all cells of a column whose cells have these shapes, in order of preference.
 * Days and hours with and without a leading zero go together, and so do ISO moments with and without a fraction. */
export function dateFormats(shapes: readonly string[]): readonly DateFormat[] {
  const found = SHAPES.filter(({ name }) => shapes.includes(name));
  const [first] = found;
  if (!first) return [];
  if (found.length === 1) return first.readings.map((reading) => formatOf(reading));
  const families = new Set(found.map(({ name }) => name.split(" ")[0]));
  if (families.size > 1) return [];
  // Seconds with and without a fraction, or offsets that differ: no one pattern writes them back, ISO 8601 does.
  if (found.some(({ name }) => name.startsWith("iso")))
    return [{ storage: "timestamp", label: `${first.readings[0]?.label}`, parse: moment }];
  return (found.at(-1) ?? first).readings.map((reading) => formatOf(reading));
}

function formatOf({ label, pattern }: { readonly label: string; readonly pattern: string }): DateFormat {
  const storage = /%-?[HI]/.test(pattern) ? "timestamp" : "date";
  if (pattern === "iso") return { storage: "timestamp", label, parse: moment };
  const parse = (sql: string): string => `try_strptime(trim(${sql}), '${pattern}')`;
  return pattern === "%Y-%m-%d" ? { storage, label, parse } : { storage, label, pattern, parse };
}

/** Any ISO moment; one with an offset becomes the same moment in UTC. */
function moment(sql: string): string {
  return `try_cast(trim(${sql}) AS TIMESTAMPTZ)::TIMESTAMP`;
}

const one = (label: string, pattern: string): Shape["readings"] => [{ label, pattern }];

/** Times of day: the pattern with two digits for the hour, and the one with as few as it needs. */
const TIMES = [
  { label: "", regex: "", pattern: "" },
  { label: " hh:mm", regex: " [0-9]{2}:[0-9]{2}", pattern: " %H:%M", loose: [" [0-9]{1,2}:[0-9]{2}", " %-H:%M"] },
  {
    label: " hh:mm:ss",
    regex: " [0-9]{2}:[0-9]{2}:[0-9]{2}",
    pattern: " %H:%M:%S",
    loose: [" [0-9]{1,2}:[0-9]{2}:[0-9]{2}", " %-H:%M:%S"],
  },
  {
    label: " hh:mm AM",
    regex: " [0-9]{2}:[0-9]{2} [AP]M",
    pattern: " %I:%M %p",
    loose: [" [0-9]{1,2}:[0-9]{2} [AP]M", " %-I:%M %p"],
  },
  {
    label: " hh:mm:ss AM",
    regex: " [0-9]{2}:[0-9]{2}:[0-9]{2} [AP]M",
    pattern: " %I:%M:%S %p",
    loose: [" [0-9]{1,2}:[0-9]{2}:[0-9]{2} [AP]M", " %-I:%M:%S %p"],
  },
] as const;

/** Day and month before the year. With points the day is always first. */
const DAY_FIRST: readonly Shape[] = [
  { sign: "/", regex: "/", monthFirst: true },
  { sign: "-", regex: "-", monthFirst: true },
  { sign: ".", regex: "\\.", monthFirst: false },
].flatMap(({ sign, regex, monthFirst }) =>
  TIMES.flatMap((time): Shape[] => {
    const family = `d${sign}m${time.pattern.replaceAll(" ", "T")}`;
    const readings = (d: string, pattern: string): Shape["readings"] => [
      { label: `dd${sign}mm${sign}yyyy${time.label}`, pattern: `%${d}d${sign}%${d}m${sign}%Y${pattern}` },
      ...(monthFirst
        ? [{ label: `mm${sign}dd${sign}yyyy${time.label}`, pattern: `%${d}m${sign}%${d}d${sign}%Y${pattern}` }]
        : []),
    ];
    const day = (digits: string): string => `[0-9]{${digits}}${regex}[0-9]{${digits}}${regex}[0-9]{4}`;
    const [looseRegex, loosePattern] = "loose" in time ? time.loose : [];
    // From strict to loose: a cell counts for the first that fits, a column is written back in the loosest that occurs.
    return [
      { name: `${family} long`, regex: `${day("2")}${time.regex}`, readings: readings("", time.pattern) },
      { name: `${family} short`, regex: `${day("1,2")}${time.regex}`, readings: readings("-", time.pattern) },
      ...(looseRegex
        ? [
            {
              name: `${family} shortest`,
              regex: `${day("1,2")}${looseRegex}`,
              readings: readings("-", loosePattern ?? ""),
            },
          ]
        : []),
    ];
  }),
);

const ISO: readonly Shape[] = (["T", " "] as const).flatMap((sign) => {
  const day = `[0-9]{4}-[0-9]{2}-[0-9]{2}${sign}[0-9]{2}:[0-9]{2}`;
  const family = `iso${sign === "T" ? "T" : "_"}`;
  const label = sign === "T" ? "yyyy-mm-ddThh:mm" : "yyyy-mm-dd hh:mm";
  const start = `%Y-%m-%d${sign}%H:%M`;
  return ["", "Z"]
    .flatMap((zone) => [
      { name: `${family}${zone} minutes`, regex: `${day}${zone}`, readings: one(`${label}${zone}`, `${start}${zone}`) },
      {
        name: `${family}${zone} seconds`,
        regex: `${day}:[0-9]{2}${zone}`,
        readings: one(`${label}:ss${zone}`, `${start}:%S${zone}`),
      },
      {
        name: `${family}${zone} milliseconds`,
        regex: `${day}:[0-9]{2}\\.[0-9]{3}${zone}`,
        readings: one(`${label}:ss.mmm${zone}`, `${start}:%S.%g${zone}`),
      },
      {
        name: `${family}${zone} microseconds`,
        regex: `${day}:[0-9]{2}\\.[0-9]{6}${zone}`,
        readings: one(`${label}:ss.uuuuuu${zone}`, `${start}:%S.%f${zone}`),
      },
      {
        name: `${family}${zone} fraction`,
        regex: `${day}:[0-9]{2}\\.[0-9]{1,9}${zone}`,
        readings: one(`${label}:ss.f${zone}`, "iso"),
      },
    ])
    .concat([
      {
        name: `${family}offset any`,
        regex: `${day}(:[0-9]{2}(\\.[0-9]{1,9})?)?[+-][0-9]{2}(:?[0-9]{2})?`,
        readings: one(`${label}:ss with an offset`, "iso"),
      },
    ]);
});

const SHAPES: readonly Shape[] = [
  { name: "y-m-d", regex: "[0-9]{4}-[0-9]{2}-[0-9]{2}", readings: one("yyyy-mm-dd", "%Y-%m-%d") },
  { name: "y/m/d", regex: "[0-9]{4}/[0-9]{2}/[0-9]{2}", readings: one("yyyy/mm/dd", "%Y/%m/%d") },
  { name: "d-b-y", regex: "[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4}", readings: one("dd-Mon-yyyy", "%d-%b-%Y") },
  { name: "d b y", regex: "[0-9]{2} [A-Z][a-z]{2} [0-9]{4}", readings: one("dd Mon yyyy", "%d %b %Y") },
  ...DAY_FIRST,
  ...ISO,
];
