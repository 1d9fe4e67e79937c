import { InvalidArgumentError } from '@commander-js/extra-typings'
import { isGeneration, type Generation } from '../../codec/generation.ts'
import { parseByteSize } from '../pipeline/byte-size.ts'

export function readGeneration(text: string): Generation {
  if (isGeneration(text)) return text
  throw new InvalidArgumentError('Give a week that exists, like 2026-W48.')
}

export function readDigestPrefix(text: string): string {
  if (/^[0-9a-f]{1,64}$/i.test(text)) return text.toLowerCase()
  throw new InvalidArgumentError('Give hexadecimal digits, 64 at most.')
}

export function readBytes(text: string): number {
  const parsed = parseByteSize(text)
  if ('value' in parsed) return parsed.value
  throw new InvalidArgumentError('Give a size such as 1MiB or 4096.')
}
