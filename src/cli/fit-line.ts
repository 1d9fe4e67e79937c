/** Colours, which `styleText` gives, take no room. */
// oxlint-disable-next-line no-control-regex
const colours = /(\u001b\[\d{1,2}m)/

/**
 * As much of a line as a terminal shows without beginning another one, which could not be drawn over.
 *
 * @param columns Of the terminal; 0 or undefined where it does not say.
 */
export function fitLine(line: string, columns: number | undefined): string {
  if (!columns) return line
  let room = columns - 1
  return line
    .split(colours)
    .map((part) => {
      if (colours.test(part)) return part
      const shown = part.slice(0, room)
      room -= shown.length
      return shown
    })
    .join('')
}
