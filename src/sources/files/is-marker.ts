/** Folders of what is still being written, and of logs about the files beside them. */
const bookkeepingFolders = new Set(['_temporary', '_delta_log', '_spark_metadata'])

/**
 * Whether a file that a pattern matches is one of those that Hadoop, Spark and S3 consoles put beside
 * data, and no data itself.
 *
 * @param path From the folder where the pattern begins.
 */
export function isMarker(path: string, sizeBytes: number): boolean {
  const folders = path.split('/')
  const name = folders.pop() ?? ''
  if (name === '' || name === '_SUCCESS' || (name.startsWith('_') && sizeBytes === 0)) return true
  return folders.some((folder) => bookkeepingFolders.has(folder))
}
