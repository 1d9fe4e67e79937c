/** How a body begins, in words that say nothing of what is in it. */
export function bodyBeginning(body: Buffer): string {
  if ((body[0] === 0xff && body[1] === 0xfe) || (body[0] === 0xfe && body[1] === 0xff)) {
    return 'UTF-16'
  }
  const start = body
    .toString('latin1', 0, 512)
    .replace(/^\xEF\xBB\xBF/, '')
    .trimStart()
  if (start === '') return 'nothing'
  if (/^<(!doctype html|html|head|body|title)\b/i.test(start)) return 'HTML'
  if (/^<(\?xml|[a-z][\w:.-]*[\s/>]|!--)/i.test(start)) return 'XML or HTML'
  if (start.startsWith('PAR1')) return 'Parquet'
  if (start.startsWith('PK\u0003\u0004')) return 'a ZIP file'
  if (start.startsWith('{')) return 'a JSON object'
  if (start.startsWith('[')) return 'a JSON array'
  // oxlint-disable-next-line no-control-regex -- Control characters are what tells binary data.
  return /[\0-\x08\x0E-\x1F]/.test(start.slice(0, 64)) ? 'binary data' : 'text'
}
