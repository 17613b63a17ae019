import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { InvalidArgument } from "../errors.ts";
import { suggest } from "../math/nearest-name.ts";

/** The text of a policy file, and its name as messages call it. */
export interface PolicySource {
  readonly text: string;
  readonly file: string;
}

/** Where something stands that somebody wrote. */
export interface Place {
  readonly file: string;
  readonly line: number | undefined;
}

const MAX_CHARACTERS = 1_000_000;

/** What a policy says that it extends: the value of its key `extends`, if it has one.
 * @throws {InvalidArgument} the text is not YAML */
export function extendedBy(source: PolicySource): string | undefined {
  const { document } = read(source);
  const named: unknown = isMap(document.contents) ? document.get("extends") : undefined;
  return typeof named === "string" ? named : undefined;
}

/** Lays policies over each other, so that the last says only what differs.
 *
 * A key at the top replaces the key below it; of `alpha`, `total` and each test by themselves, of `privacyBudget` `epsilon` and `delta`. A rule of the same name has its keys replaced
 * one by one, where `pass` or `fail` replaces both, for together they are one condition; a rule of a new name is added at the end. `drop` lists
 * rules to leave out. Comments travel with what they stand beside.
 * @param sources the policy at the bottom first; one source is only read
 * @returns `text`: the whole policy, to be read alone; `placeOf`: who wrote what stands at a path of it
 * @throws {InvalidArgument} not YAML; `drop` names a rule that is not there */
export function layPolicies(sources: readonly PolicySource[]): {
  readonly text: string;
  readonly document: Document;
  readonly placeOf: (path: readonly PropertyKey[]) => Place;
} {
  const [bottom, ...above] = sources.map(read) as [Layer, ...Layer[]];
  const places = new WeakMap<object, Layer>();
  if (above.length === 0)
    return { text: bottom.source.text, document: bottom.document, placeOf: (path) => placeIn(bottom, path) };
  for (const layer of [bottom, ...above]) own(layer.document.contents, layer, places);
  const document = bottom.document;
  for (const layer of above) lay(document, layer);
  const names = sources.map(({ file }) => file.split(/[\\/]/).at(-1));
  document.commentBefore = ` ${names.join(", extended by ")}: the whole policy, as it was used.${
    document.commentBefore ? `\n${document.commentBefore}` : ""
  }`;
  return {
    text: document.toString({ lineWidth: 150 }),
    document,
    placeOf: (path) => {
      const node = nodeAt(document.contents, path);
      const layer = (node && places.get(node)) ?? bottom;
      const at = rangeOf(node);
      return { file: layer.source.file, line: at === undefined ? undefined : layer.lines.linePos(at).line };
    },
  };
}

interface Layer {
  readonly source: PolicySource;
  readonly document: Document;
  readonly lines: LineCounter;
}

function read(source: PolicySource): Layer {
  const { text, file } = source;
  if (text.length > MAX_CHARACTERS)
    throw problem(
      { file, line: undefined },
      `is too long for a policy: ${text.length} characters, at most ${MAX_CHARACTERS}`,
    );
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken) throw problem({ file, line: lines.linePos(broken.pos[0]).line }, `is not YAML: ${broken.message}`);
  return { source, document: document as Document, lines };
}

/** Notes for every node and pair who wrote it. */
function own(node: unknown, layer: Layer, places: WeakMap<object, Layer>): void {
  if (node === null || typeof node !== "object") return;
  places.set(node, layer);
  if (isMap(node))
    for (const pair of node.items) {
      places.set(pair, layer);
      own(pair.key, layer, places);
      own(pair.value, layer, places);
    }
  else if (isSeq(node)) for (const item of node.items) own(item, layer, places);
}

/** One policy over the other; the lower document is changed. */
function lay(document: Document, layer: Layer): void {
  const low = document.contents;
  const high = layer.document.contents;
  // What is no map is left for the reader of the shape to complain about.
  if (!isMap(low) || !isMap(high)) {
    if (high !== null) document.contents = high as Document["contents"];
    return;
  }
  document.commentBefore = [layer.document.commentBefore, document.commentBefore].filter(Boolean).join("\n\n");
  for (const pair of high.items) {
    const key = isScalar(pair.key) ? pair.key.value : undefined;
    if (key === "extends") continue;
    const below = low.get(key, true);
    if (key === "drop") drop(low, pair, layer);
    else if (key === "rules" && isSeq(below) && isSeq(pair.value)) layRules(below, pair.value);
    else if (key === "alpha" && isMap(below) && isMap(pair.value)) layAlpha(below, pair.value);
    else if (key === "privacyBudget" && isMap(below) && isMap(pair.value))
      for (const part of pair.value.items) put(below, part);
    else put(low, pair);
  }
}

function layRules(low: YAMLSeq, high: YAMLSeq): void {
  for (const rule of high.items) {
    const below = isMap(rule)
      ? low.items.find((item) => isMap(item) && item.get("rule") === rule.get("rule"))
      : undefined;
    if (!isMap(rule) || !isMap(below) || rule.get("rule") === undefined) {
      low.items.push(rule);
      continue;
    }
    if (rule.has("pass") || rule.has("fail")) {
      below.delete("pass");
      below.delete("fail");
    }
    for (const pair of rule.items) put(below, pair);
  }
}

function layAlpha(low: YAMLMap, high: YAMLMap): void {
  for (const pair of high.items) {
    const below = low.get(isScalar(pair.key) ? pair.key.value : undefined, true);
    if (isMap(below) && isMap(pair.value)) for (const test of pair.value.items) put(below, test);
    else put(low, pair);
  }
}

function drop(low: YAMLMap, pair: Pair, layer: Layer): void {
  const rules = low.get("rules");
  const names = isSeq(pair.value)
    ? pair.value.items.map((item) => (isScalar(item) ? item.value : undefined))
    : [undefined];
  if (!isSeq(rules)) return;
  for (const name of names) {
    const at = rules.items.findIndex((item) => isMap(item) && item.get("rule") === name);
    if (typeof name === "string" && at >= 0) {
      rules.items.splice(at, 1);
      continue;
    }
    const known = rules.items.map((item) => String(isMap(item) ? item.get("rule") : ""));
    throw problem(
      placeIn(layer, ["drop"]),
      typeof name === "string"
        ? `drops an unknown rule "${name}"${suggest(name, known)}`
        : "drop is no list of names of rules",
    );
  }
}

/** Sets a key of a map: in its place where it is there, otherwise at the end. What was said before it is kept, after what is said now. */
function put(map: YAMLMap, pair: Pair): void {
  const key = isScalar(pair.key) ? pair.key.value : pair.key;
  const at = map.items.findIndex((item) => (isScalar(item.key) ? item.key.value : item.key) === key);
  if (at < 0) {
    map.items.push(pair);
    return;
  }
  const before = map.items[at]?.key;
  if (isScalar(before) && isScalar(pair.key) && before.commentBefore)
    pair.key.commentBefore = [pair.key.commentBefore, before.commentBefore].filter(Boolean).join("\n\n");
  map.items[at] = pair;
}

function placeIn(layer: Layer, path: readonly PropertyKey[]): Place {
  const at = rangeOf(nodeAt(layer.document.contents, path));
  return { file: layer.source.file, line: at === undefined ? undefined : layer.lines.linePos(at).line };
}

function rangeOf(node: object | undefined): number | undefined {
  return node && "range" in node && Array.isArray(node.range) ? (node.range[0] as number) : undefined;
}

/** The node at a path, or the last one on the way to it. */
function nodeAt(contents: unknown, path: readonly PropertyKey[]): object | undefined {
  let node = contents as object | null | undefined;
  for (const key of path) {
    let next: unknown;
    if (isMap(node)) {
      // The key's own line is the better place to point at than the value's.
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      next = pair && (isMap(pair.value) || isSeq(pair.value) ? pair.value : pair.key);
    } else if (isSeq(node)) next = node.items[key as number];
    if (next === undefined || next === null) return node ?? undefined;
    node = next as object;
  }
  return node ?? undefined;
}

/** The error of a policy file. */
export function problem(place: Place, text: string, cause?: unknown): InvalidArgument {
  return new InvalidArgument(
    "invalid-policy",
    `Policy ${place.file}${place.line === undefined ? "" : `, line ${place.line}`}: ${text}.`,
    { advice: "Mend the policy; docs/policy.md lists every key.", cause },
  );
}
