import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow'

export interface SecretActivities {
  secretResult(text: string): Promise<string>
  secretFailure(text: string): Promise<void>
}

export const secretSignal = defineSignal<[string]>('secret')

/** Takes a secret over every path, small enough to stay inline, and fails with it at last. */
export async function leakNothing(text: string): Promise<void> {
  const { secretResult, secretFailure } = proxyActivities<SecretActivities>({
    startToCloseTimeout: '1 minute',
    summary: text,
    retry: { maximumAttempts: 1 },
  })
  let told = ''
  setHandler(secretSignal, (secret) => {
    told = secret
  })
  await condition(() => told !== '')
  await secretFailure(await secretResult(`${text} ${told}`))
}
