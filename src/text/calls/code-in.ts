/** The code of an answer: the first fenced block in the language, else the first that names none, else the whole answer where it has no fence at all.
 * @param language as in the fence, e.g. "python"; undefined: any
 * @returns undefined: there are fenced blocks, but none in this language */
export function codeIn(answer: string, language: string | undefined): string | undefined {
  const blocks = [
    ...answer.matchAll(/^[ \t]*(```+|~~~+)[ \t]*([^\s`]*)[^\n]*\n([\s\S]*?)(?:^[ \t]*\1[ \t]*$|(?![\s\S]))/gm),
  ].map(([, , tag = "", code = ""]) => ({ tag: tag.toLowerCase(), code: code.replace(/\n$/, "") }));
  if (blocks.length === 0) return answer;
  if (language === undefined) return blocks[0]?.code;
  const names = NAMES.find((same) => same.includes(language.toLowerCase())) ?? [language.toLowerCase()];
  return (blocks.find(({ tag }) => names.includes(tag)) ?? blocks.find(({ tag }) => tag === ""))?.code;
}

const NAMES: readonly (readonly string[])[] = [
  ["javascript", "js", "mjs", "node"],
  ["typescript", "ts"],
  ["python", "py", "python3"],
  ["bash", "sh", "shell", "zsh"],
  ["c++", "cpp", "cxx"],
  ["c#", "csharp", "cs"],
  ["rust", "rs"],
  ["go", "golang"],
  ["ruby", "rb"],
  ["yaml", "yml"],
  ["json", "jsonc", "json5"],
  ["latex", "tex"],
];
