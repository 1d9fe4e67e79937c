import type { StackAddresses } from '../../infra/stack/stack-addresses.ts'

/** The settings that point a process at these servers. */
export function stackEnvironment({
  temporal,
  store,
  database,
}: StackAddresses): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    CLAIMCHECK_STORE_ENDPOINT: store.endpoint ?? '',
    CLAIMCHECK_STORE_REGION: store.region,
    CLAIMCHECK_STORE_BUCKET: store.bucket,
    CLAIMCHECK_STORE_ACCESS_KEY_ID: store.credentials?.accessKeyId ?? '',
    CLAIMCHECK_STORE_SECRET_ACCESS_KEY: store.credentials?.secretAccessKey ?? '',
    CLAIMCHECK_DATABASE_URL: database.url,
  }
}
