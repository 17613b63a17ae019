/** The 32-bit hash FNV-1a over a text's UTF-16 units: quick, and the same everywhere; not for secrets.
 * @source Fowler, Noll & Vo (1991) */
export function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
