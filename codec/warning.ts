/** Something that an operator should know of and that stopped nobody. */
export interface ClaimCheckWarning {
  readonly code: 'BLOB_HEALED' | 'CACHE_UNUSABLE'
  readonly message: string
}

export type WarningListener = (warning: ClaimCheckWarning) => void

/** What happens to warnings that nobody asked for: Node prints them on standard error. */
export const emitWarning: WarningListener = ({ code, message }) => {
  process.emitWarning(message, { type: 'ClaimCheckWarning', code })
}
