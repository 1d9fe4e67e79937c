/** How many rows all of these parts are known to hold. */
export function rowsOfParts(parts: readonly { readonly rowCount: number }[]): number {
  return parts.reduce((sum, { rowCount }) => sum + rowCount, 0)
}
