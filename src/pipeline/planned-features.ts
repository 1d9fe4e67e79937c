/**
 * What the file format will have and does not have yet. It is refused by name, so that nobody
 * believes it is in force; an entry goes when its feature comes.
 */
export const PLANNED_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['transform', 'schedule', 'after'],
  source: ['auth'],
}

export const PLANNED_VALUES: Readonly<Record<string, readonly string[]>> = {
  'source.kind': ['file', 'postgres', 'module'],
  'source.next': ['page', 'offset', 'link-header'],
  'source.next.kind': ['page', 'offset', 'link-header'],
  'source.format': ['parquet'],
  'target.mode': ['append', 'replace', 'replace-interval'],
}

export const PLANNED_TYPES: readonly string[] = ['json', 'jsonb', 'bytea', 'time']
