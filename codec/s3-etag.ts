/**
 * The etag of an answer without its quotes. A weak one (a proxy that compresses makes such) does not
 * name bytes, so it counts as none.
 */
export function readEtag(header: string | undefined): string | undefined {
  if (header === undefined || header.startsWith('W/')) return undefined
  const etag = header.replaceAll('"', '')
  return etag === '' ? undefined : etag
}
