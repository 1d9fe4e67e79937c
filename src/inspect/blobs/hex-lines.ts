const lineBytes = 16

/** Bytes as hexadecimal digits and letters, sixteen a line, as `hexdump -C` shows them. */
export function hexLines(bytes: Uint8Array): string[] {
  const lines: string[] = []
  for (let start = 0; start < bytes.byteLength; start += lineBytes) {
    const part = [...bytes.subarray(start, start + lineBytes)]
    const digits = part.map((byte) => byte.toString(16).padStart(2, '0'))
    const halves = [digits.slice(0, 8).join(' '), digits.slice(8).join(' ')].join('  ')
    const letters = part.map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
    )
    const offset = start.toString(16).padStart(8, '0')
    lines.push(`${offset}  ${halves.padEnd(lineBytes * 3)}  |${letters.join('')}|`)
  }
  return lines
}
