import { escapeLiteral } from 'pg'
import type { SourceSlice } from '../../../activities/index.ts'
import { fillIn } from '../fill-in.ts'
import { sqlPieces, type SqlPiece } from './sql-pieces.ts'

/** The query of a run: placeholders are literals, and the semicolon at its end is gone. */
export function fillQuery(text: string, slice: SourceSlice): string {
  // The spaces keep a literal from becoming one with what stands beside it.
  const spell = (value: string) => ` ${escapeLiteral(value)} `
  const filled = ({ kind, text: piece }: SqlPiece) => {
    if (kind === 'placeholder') return fillIn(piece, slice, spell)
    return kind === 'code' && piece === ';' ? '' : piece
  }
  return sqlPieces(text).map(filled).join('')
}
