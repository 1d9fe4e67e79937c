import { Connection, type ConnectionOptions } from '@temporalio/client'

/** Milliseconds one attempt may take. */
const timeoutMs = 5000

/** Rejects unless the namespace answers and knows the search attributes. */
export async function probeTemporal(
  options: ConnectionOptions,
  namespace: string,
  searchAttributes: readonly string[] = [],
): Promise<void> {
  const connection = await Connection.connect({ ...options, connectTimeout: timeoutMs })
  try {
    await connection.withDeadline(Date.now() + timeoutMs, async () => {
      await connection.workflowService.describeNamespace({ namespace })
      if (searchAttributes.length === 0) return
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace,
      })
      const missing = searchAttributes.filter((name) => !(name in (customAttributes ?? {})))
      if (missing.length > 0) throw new Error(`search attributes missing: ${missing.join(', ')}`)
    })
  } finally {
    await connection.close()
  }
}
