/** What a load did to its table. */
export interface WrittenRows {
  readonly inserted: number
  readonly updated: number
  /** Rows that were deleted or marked so, or whose validity ended without another version. */
  readonly deleted: number
}
