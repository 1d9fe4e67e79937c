/**
 * What the file format will have and does not have yet. It is refused by name, so that nobody
 * believes it is in force; an entry goes when its feature comes.
 */
export const PLANNED_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['schedule', 'after'],
}
