import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, relative, resolve } from "node:path";
import { z } from "zod";
import { readTable } from "../data/read.ts";
import type { Column, Table } from "../data/table.ts";
import { InvalidArgument, InvalidData } from "../errors.ts";
import { checkManifest } from "../evidence/manifest.ts";
import { verifyBundle } from "../evidence/verify.ts";
import type { Json } from "../llm/model.ts";
import { fileError } from "../runs/file-error.ts";
import { BUNDLE } from "../runs/layout.ts";
import type { SourceConfiguration } from "../text/recipe.ts";
import { type FoundLineage, foundLineage } from "./source-lineage.ts";

/** The rows that a recipe starts from. */
export interface TextSource {
  readonly rows: number;
  readonly columns: readonly string[];
  row(index: number): Readonly<Record<string, Json>>;
  /** What is known of where it comes from; null: nothing says that it is synthetic. */
  readonly lineage: FoundLineage | null;
  /** Every row was made by this product, and the signature says so. */
  readonly synthetic: boolean;
  /** Where it is synthetic: columns that a run copied out of a real source. */
  readonly realColumns: readonly string[];
  /** Of the file as it is on disk; of a folder: of its documents' names and contents. */
  readonly sha256: string;
  /** Its name without folders, for the report. */
  readonly name: string;
}

/** Documents that are read at most, and bytes of all of them. */
const MOST_DOCUMENTS = 1_000_000;
const MOST_BYTES = 2_000_000_000;
const DOCUMENTS: ReadonlySet<string> = new Set([".txt", ".md"]);

/** Opens a source: a table file, a folder of documents (columns `name` and `text`), or a bundle of synthetic data. One that its policy did not let out is read as real.
 * @param beside folder that a relative path is meant from: that of the recipe
 * @throws {InvalidArgument} there is nothing of that name, or it is no source */
export async function openTextSource(
  configuration: SourceConfiguration,
  options: {
    readonly beside: string;
    readonly notice: (message: string) => void;
    readonly signal: AbortSignal | undefined;
  },
): Promise<TextSource> {
  const path = resolve(options.beside, configuration.from);
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw new InvalidArgument("no-such-file", `There is no source ${configuration.from} (looked for ${path}).`, {
      advice: "A path in a recipe is meant from the folder of the recipe. Check `source: from:`.",
    });
  const name = basename(path);
  if (!found.isDirectory()) return openTable(path, { ...options, configuration, name, synthetic: false });
  if (existsSync(join(path, BUNDLE.manifest))) return openBundle(path, { ...options, configuration, name });
  if (configuration.query !== undefined)
    throw new InvalidArgument(
      "no-query",
      `The source ${configuration.from} is a folder of documents, and \`query\` wants a table.`,
      {
        advice: "Leave `source: query:` out, or give a table file.",
      },
    );
  return openDocuments(path, { name, notice: options.notice });
}

interface Opening {
  readonly configuration: SourceConfiguration;
  readonly name: string;
  readonly notice: (message: string) => void;
  readonly signal: AbortSignal | undefined;
}

async function openTable(path: string, options: Opening & { readonly synthetic: boolean }): Promise<TextSource> {
  const { table, source } = await readTable(path, {
    query: options.configuration.query,
    name: options.name,
    notice: options.notice,
    signal: options.signal,
  });
  const lineage = await foundLineage({ path, sha256: source.sha256 }, options);
  return {
    ...rowsOf(table),
    lineage,
    synthetic: options.synthetic,
    realColumns: [],
    sha256: source.sha256,
    name: options.name,
  };
}

/** A bundle's rows count as synthetic only when its signature checks, for the word of a file is not enough, and when its policy let them out: what was refused may
 * give real rows away. */
async function openBundle(folder: string, options: Opening): Promise<TextSource> {
  const { trusted, problems, decision } = await verifyBundle(folder);
  const manifest = checkManifest(JSON.parse(await readFile(join(folder, BUNDLE.manifest), "utf8")));
  const isOurs = trusted && typeof manifest !== "string" && manifest.digitalSourceType !== null;
  const synthetic = isOurs && (decision === "pass" || decision === "waived");
  if (!isOurs)
    options.notice(
      `The bundle ${options.name} does not check (${problems[0] ?? "it holds no synthetic data of this product"}), so its rows are treated as real ones.`,
    );
  else if (!synthetic)
    options.notice(
      `The bundle ${options.name} did not pass its policy (${decision}), so its rows are treated as real ones.`,
    );
  const path = join(folder, BUNDLE.synthetic);
  if (!existsSync(path))
    throw new InvalidData("no-data", `The bundle ${options.name} holds no ${BUNDLE.synthetic}.`, {
      advice: "Give a bundle that `counterfoil synthesize` or `counterfoil run` left, or a table file.",
    });
  const table = await openTable(path, { ...options, synthetic });
  return { ...table, realColumns: await copiedColumns(folder, table.columns) };
}

const copies = z.object({ source: z.string(), verbatim: z.array(z.string()).optional() });

/** Columns of a bundle whose cells a run took over from a real source, as the bundle itself says; all where it does not say. */
async function copiedColumns(folder: string, columns: readonly string[]): Promise<readonly string[]> {
  const path = join(folder, BUNDLE.run);
  if (!existsSync(path)) return [];
  const { source, verbatim } = copies.parse(JSON.parse(await readFile(path, "utf8")));
  return verbatim ?? (source === "real" ? columns : []);
}

async function openDocuments(
  folder: string,
  { name, notice }: { readonly name: string; readonly notice: (message: string) => void },
): Promise<TextSource> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && DOCUMENTS.has(extname(entry.name).toLowerCase()))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split("\\").join("/"))
    .sort();
  if (files.length === 0)
    throw new InvalidArgument("no-documents", `The folder ${name} holds no .txt or .md file.`, {
      advice: "Give a folder of documents, or a table with a column of texts.",
    });
  if (files.length > MOST_DOCUMENTS)
    throw new InvalidArgument(
      "too-many-documents",
      `The folder ${name} holds ${files.length} documents; ${MOST_DOCUMENTS} can be read.`,
      {
        advice: "Put them into a Parquet file, or run the recipe on parts.",
      },
    );
  const hash = createHash("sha256");
  const texts: string[] = [];
  let bytes = 0;
  let torn = 0;
  for (const file of files) {
    const content = await readFile(join(folder, file)).catch((error: unknown) => {
      throw fileError(error, { doing: "reading the documents", path: file });
    });
    bytes += content.length;
    if (bytes > MOST_BYTES)
      throw new InvalidArgument(
        "too-large",
        `The documents under ${name} are larger than ${MOST_BYTES / 1e9} GB together.`,
        {
          advice: "Put them into a Parquet file, or run the recipe on parts.",
        },
      );
    const text = content.toString("utf8").replace(/^\uFEFF/, "");
    if (text.includes("\uFFFD")) torn++;
    texts.push(text);
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  if (torn > 0)
    notice(`${torn} of ${files.length} documents are not UTF-8: what could not be read stands as "\uFFFD".`);
  return {
    rows: files.length,
    columns: ["name", "text"],
    row: (index) => ({ name: files[index] as string, text: texts[index] as string }),
    lineage: null,
    synthetic: false,
    realColumns: [],
    sha256: hash.digest("hex"),
    name,
  };
}

function rowsOf(table: Table): Pick<TextSource, "rows" | "columns" | "row"> {
  const readers = table.columns.map((column) => [column.name, cellOf(column)] as const);
  return {
    rows: table.rows,
    columns: table.columns.map(({ name }) => name),
    row(index) {
      const row: Record<string, Json> = {};
      for (const [name, cell] of readers) row[name] = cell(index);
      return row;
    },
  };
}

/** Reads a cell as plain JSON: null where missing, dates as ISO 8601. */
function cellOf(column: Column): (row: number) => Json {
  if (column.type === "number")
    return (row) => {
      const value = column.values[row] as number;
      return Number.isFinite(value) ? value : null;
    };
  if (column.type === "date")
    return (row) => {
      const value = column.values[row] as number;
      if (Number.isNaN(value)) return null;
      const text = new Date(value).toISOString();
      return column.storage === "date" ? text.slice(0, 10) : text;
    };
  const { codes, dictionary } = column;
  if (column.storage === "boolean")
    return (row) => ((codes[row] as number) < 0 ? null : dictionary[codes[row] as number] === "true");
  return (row) => dictionary[codes[row] as number] ?? null;
}
