/** What `text` leads to over HTTP; undefined for another scheme and for what is no address. */
export function parseHttpUrl(text: string, base?: string): URL | undefined {
  const url = URL.parse(text, base)
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}
