import { harmlessText } from '../inspect/blobs/looks-like-text.ts'

/** Colours, which `styleText` gives: alone among the commands to a terminal they move and hide nothing. */
// oxlint-disable-next-line no-control-regex
const colours = /(\u001b\[\d{1,2}m)/

/** A cell that ends no line and no column, and in which nothing but its colour is a command to a terminal. */
export function tableCell(text: string): string {
  return text
    .split(colours)
    .map((part) => (colours.test(part) ? part : harmlessText(part.replaceAll(/[\t\r\n]/g, ' '))))
    .join('')
}
