import {
  createS3ObjectStore,
  type ObjectStore,
  type S3ObjectStoreOptions,
} from '../../codec/index.ts'

/** Where the tests find their store: any S3 endpoint, named by the environment. */
export function storeUnderTest(): S3ObjectStoreOptions & { readonly endpoint: string } {
  return {
    endpoint: required('CLAIMCHECK_STORE_ENDPOINT'),
    region: required('CLAIMCHECK_STORE_REGION'),
    bucket: required('CLAIMCHECK_STORE_BUCKET'),
    credentials: {
      accessKeyId: required('CLAIMCHECK_STORE_ACCESS_KEY_ID'),
      secretAccessKey: required('CLAIMCHECK_STORE_SECRET_ACCESS_KEY'),
    },
  }
}

export async function openStoreUnderTest(
  options: Partial<S3ObjectStoreOptions> = {},
): Promise<ObjectStore> {
  const store = createS3ObjectStore({ ...storeUnderTest(), ...options })
  await store.ensureBucket()
  return store
}

export function required(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run these tests by \`npm test\``)
  return value
}
