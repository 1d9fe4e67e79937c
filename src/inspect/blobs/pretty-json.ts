const longestLine = 400

/**
 * JSON on lines, two spaces for each level, with every number as it is written. It may be cut off
 * anywhere: what is there is shown, up to `maxLines`; long lines end in `…`.
 */
export function prettyJson(text: string, maxLines = Infinity): string[] {
  const lines: string[] = []
  let line = ''
  let depth = 0
  let isInString = false
  let isEscaped = false
  const end = (): void => {
    lines.push(maxLines === Infinity ? line : shortLine(line))
    line = '  '.repeat(depth)
  }
  for (let at = 0; at < text.length && lines.length < maxLines; at += 1) {
    const letter = text[at] ?? ''
    if (isInString) {
      line += letter
      if (isEscaped) isEscaped = false
      else if (letter === '\\') isEscaped = true
      else if (letter === '"') isInString = false
    } else if (letter === '"') {
      line += letter
      isInString = true
    } else if (letter === '{' || letter === '[') {
      const close = closingAt(text, at)
      if (close !== undefined) {
        line += letter + (text[close] ?? '')
        at = close
      } else {
        line += letter
        depth += 1
        end()
      }
    } else if (letter === '}' || letter === ']') {
      depth = Math.max(depth - 1, 0)
      end()
      line += letter
    } else if (letter === ',') {
      line += letter
      end()
    } else if (letter === ':') {
      line += ': '
    } else if (!/\s/.test(letter)) {
      line += letter
    }
  }
  if (line.trim() !== '' && lines.length < maxLines) end()
  return lines
}

/** A line as far as a person reads it. */
export function shortLine(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line
}

/** Where the bracket at a place is closed again, with nothing in between; else undefined. */
function closingAt(text: string, open: number): number | undefined {
  let at = open + 1
  while (/\s/.test(text[at] ?? '')) at += 1
  return text[at] === (text[open] === '{' ? '}' : ']') ? at : undefined
}
