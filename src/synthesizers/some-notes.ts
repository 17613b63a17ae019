/** Most sentences of one kind in a report. */
const MOST = 60;

/** The first sentences, and how many more there would be.
 * @param of what they are about: "columns" */
export function someNotes(sentences: readonly string[], of: string): readonly string[] {
  return [
    ...sentences.slice(0, MOST),
    ...(sentences.length > MOST ? [`And so on, for ${sentences.length - MOST} more ${of}.`] : []),
  ];
}
