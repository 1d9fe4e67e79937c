/** Letters that text has and others have not; what moves a terminal's cursor is none of them. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/

/** Whether bytes, or the first ones of more, are text that a terminal shows as it is. */
export function looksLikeText(bytes: Uint8Array): boolean {
  try {
    // As a stream: the last letter may be cut.
    const text = new TextDecoder('utf8', { fatal: true }).decode(bytes, { stream: true })
    return !controls.test(text)
  } catch {
    return false
  }
}

/** Text in which nothing is a command to a terminal. */
export function harmlessText(text: string): string {
  return text.replaceAll(new RegExp(controls, 'g'), (letter) => {
    return `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
