/** What the keys of this project's own objects begin with, in the bucket of the worker's store. */
const ownFolders: ReadonlySet<string> = new Set([
  'audit',
  'blobs',
  'claimcheck-probe',
  'datasets',
  'landing',
  'values',
])

/** Whether a key, or a folder of keys, is of this project's own objects. */
export function isOwnKey(key: string): boolean {
  return ownFolders.has(key.split('/', 1)[0] ?? '')
}
