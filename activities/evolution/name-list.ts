/** So much is left of the 2 KB that S3 allows for all metadata of an object. */
const maxListBytes = 1000
/** Of one name. */
const maxNameLength = 64

/**
 * Names as a short text of ASCII, for an object's metadata: long ones are cut, and those that there is no
 * room for are left out.
 */
export function formatNames(names: readonly string[]): string {
  let text = ''
  for (const name of names) {
    // A separator before each name: one may be empty.
    const next = `${text},${encodeURIComponent(shortName(name))}`
    if (next.length <= maxListBytes) text = next
  }
  return text
}

/** The names that `formatNames` has made a text of. */
export function parseNames(text: string): string[] {
  return text.split(',').slice(1).map(decodeURIComponent)
}

function shortName(name: string): string {
  const text = name.length > maxNameLength ? `${name.slice(0, maxNameLength - 1)}…` : name
  return text.toWellFormed()
}
