import { PipelineError } from '../../../activities/pipeline-error.ts'

/** What was read; undefined of an object that is not what was written, which is told where its own turn comes. */
export async function ifReadable<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof PipelineError && error.code === 'OBJECT_UNREADABLE') return undefined
    throw error
  }
}

/** The same, told apart from what is not there. */
export async function readOrNot<Value extends object>(
  read: () => Promise<Value | undefined>,
): Promise<Value | 'missing' | 'unreadable'> {
  const found = await ifReadable(async () => (await read()) ?? 'missing')
  return found ?? 'unreadable'
}
