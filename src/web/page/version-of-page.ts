import { createHash } from 'node:crypto'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

/** Changes with the style and the script, so that a browser may keep them for long. */
export const VERSION = createHash('sha256').update(STYLE).update(SCRIPT).digest('hex').slice(0, 12)
