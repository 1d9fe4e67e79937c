import { createHash } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'

import { readTextFile } from './read-text-file.ts'

/**
 * PostgreSQL's data outside the checkout outlives it, and a new checkout at the same path has secrets of its
 * own: with which one the data was made stands beside it. From a digest nobody learns the secret, which is
 * random.
 */
function notePath(folder: string): string {
  return `${folder}.made-with`
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Notes that this secret opens the data in the folder. */
export function noteSecret(folder: string, secret: string): void {
  writeFileSync(notePath(folder), `${digestOf(secret)}\n`)
}

/**
 * Moves data away that was made with another secret: nothing here could open it.
 * @returns where to; undefined of data that is ours, or of which nothing is noted
 */
export function setAsideEarlier(folder: string, secret: string): string | undefined {
  const noted = readTextFile(notePath(folder))?.trim()
  if (noted === undefined || noted === digestOf(secret)) return undefined
  const aside = `${folder}.earlier-${new Date().toISOString().replaceAll(':', '-')}`
  renameSync(folder, aside)
  return aside
}
