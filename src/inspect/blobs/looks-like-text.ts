/** Letters that text has and others have not; what moves a terminal's cursor is none of them. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/

/** Whether bytes, or the first ones of more, are text that a terminal shows as it is. */
export function looksLikeText(bytes: Uint8Array): boolean {
  return createTextCheck()(bytes)
}

/** The same of bytes that come in pieces: each is told with those before it, as a letter may be cut. */
export function createTextCheck(): (piece: Uint8Array) => boolean {
  const decoder = new TextDecoder('utf8', { fatal: true, ignoreBOM: true })
  return (piece) => {
    try {
      return !controls.test(decoder.decode(piece, { stream: true }))
    } catch {
      return false
    }
  }
}

/** Text in which nothing is a command to a terminal. */
export function harmlessText(text: string): string {
  return text.replaceAll(new RegExp(controls, 'g'), (letter) => {
    return `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
