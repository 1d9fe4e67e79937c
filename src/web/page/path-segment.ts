/**
 * A name as a segment of a page's path. Where it ends in `.json`, as keys of objects do, that is its own:
 * written like this it does not ask for the data of a page.
 */
export function pathSegment(name: string): string {
  return encodeURIComponent(name).replace(/\.json$/, '%2Ejson')
}
