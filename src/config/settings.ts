/** One setting of the environment, as `docs/configuration.md` describes it. */
export interface Setting {
  readonly name: string
  /** What holds when it is not set; absent where the meaning says so. */
  readonly defaultValue?: string
  readonly meaning: string
  /** Whether the value may stand in no message, log or page. */
  readonly secret: boolean
}

const secret = true

/** Every setting that this program reads. An empty value counts as not set. */
export const SETTINGS = [
  setting('TEMPORAL_ADDRESS', 'host:port of a Temporal server to use instead of the embedded one.'),
  setting('TEMPORAL_NAMESPACE', 'The Temporal namespace, beside TEMPORAL_ADDRESS.', 'default'),
  setting(
    'CLAIMCHECK_TEMPORAL_UI_URL',
    'http(s) URL of the Temporal UI, beside TEMPORAL_ADDRESS, which pages and commands link to.',
  ),
  setting(
    'CLAIMCHECK_STORE_ENDPOINT',
    'http(s) URL of an S3-compatible store to use instead of the embedded one. Not set, with a bucket set: AWS S3.',
  ),
  setting('CLAIMCHECK_STORE_REGION', 'The region of the store.', 'us-east-1'),
  setting('CLAIMCHECK_STORE_BUCKET', 'The bucket for claims, landings and datasets.', 'claimcheck'),
  setting(
    'CLAIMCHECK_STORE_ACCESS_KEY_ID',
    'Key id for the store. Not set: the default chain of AWS.',
  ),
  setting('CLAIMCHECK_STORE_SECRET_ACCESS_KEY', 'The secret of the key.', undefined, secret),
  setting(
    'CLAIMCHECK_DATABASE_URL',
    'postgres:// URL of a PostgreSQL to use instead of the embedded one; may hold a password.',
    undefined,
    secret,
  ),
  setting('CLAIMCHECK_DIRECTORY', 'Where the embedded servers keep their data.', '.claimcheck'),
  setting(
    'CLAIMCHECK_PIPELINES',
    'More directories of pipeline files, separated like those of PATH; searched after ./pipelines.',
  ),
  setting(
    'CLAIMCHECK_MODULES',
    'The directories that workers take modules of pipelines from, separated like those of PATH.',
    'modules',
  ),
  setting(
    'CLAIMCHECK_SOURCE_HOSTS',
    'The only hosts that a worker may ask for data: names, *.domains, addresses and networks, apart by commas.',
  ),
  setting(
    'CLAIMCHECK_SOURCE_DIRECTORIES',
    'The only directories beneath which a worker may read files as sources, separated like those of PATH. Not set: its working directory.',
  ),
  setting(
    'CLAIMCHECK_SOURCE_BUCKETS',
    'The only buckets, or folders such as lake/exports, that a worker may read as sources with the credentials of its own store, apart by commas. Not set: all that these reach.',
  ),
  setting('CLAIMCHECK_LOG_LEVEL', 'trace, debug, info, warn, error, fatal or silent.', 'info'),
  setting(
    'CLAIMCHECK_METRICS_ADDRESS',
    'Address and port where a worker serves its metrics to Prometheus, such as 127.0.0.1:9464. Not set: nowhere.',
  ),
  setting(
    'CLAIMCHECK_TRACES_URL',
    'http(s) URL of an OpenTelemetry collector that workers send traces to, such as http://127.0.0.1:4318/v1/traces. Not set: none.',
  ),
  setting('CLAIMCHECK_TASK_QUEUE', 'The Temporal task queue of workers and runs.', 'claimcheck'),
  setting(
    'CLAIMCHECK_WORKER_ROLES',
    'What a worker is there for: some of orchestration, fetching, converting, loading, apart by commas. Not set: all.',
  ),
  setting('CLAIMCHECK_FETCHING_CONCURRENCY', 'Fetching activities at once in a worker.', '4'),
  setting('CLAIMCHECK_CONVERTING_CONCURRENCY', 'Converting activities at once in a worker.', '2'),
  setting('CLAIMCHECK_LOADING_CONCURRENCY', 'Loading activities at once in a worker.', '4'),
  setting(
    'CLAIMCHECK_DEPLOYMENT_VERSION',
    'Deployment name and build id of a versioned worker, such as claimcheck.1.4.0. Not set: not versioned.',
  ),
  setting(
    'CLAIMCHECK_THRESHOLD_BYTES',
    'Payloads larger than this go to the store, and a claim into history.',
    '131072',
  ),
  setting(
    'CLAIMCHECK_ENCRYPTION_KEYS',
    'Keys that payloads are encrypted with, as ID:BASE64 of 32 bytes, apart by commas; the first is current.',
    undefined,
    secret,
  ),
  setting(
    'CLAIMCHECK_ENCRYPTION_KEYS_FILE',
    'A file that holds such keys, one a line, instead of CLAIMCHECK_ENCRYPTION_KEYS.',
  ),
  setting(
    'CLAIMCHECK_CACHE_DIRECTORY',
    'Where payloads fetched from the store are kept on disk, so that a restart need not fetch them again.',
  ),
  setting('CLAIMCHECK_CACHE_BYTES', 'The most bytes kept there.', '1073741824'),
  setting('CLAIMCHECK_WEB_HOST', 'The address that `claimcheck web` listens at.', '127.0.0.1'),
  setting('CLAIMCHECK_WEB_PORT', 'The port of `claimcheck web`; 0 takes a free one.', '8282'),
  setting(
    'CLAIMCHECK_WEB_TOKEN',
    'The bearer token that the codec server asks for; needed to listen beyond this machine.',
    undefined,
    secret,
  ),
  setting(
    'CLAIMCHECK_STORE_CONSOLE_URL',
    'http(s) URL of the console of the store, such as that of MinIO, which the pages link to.',
  ),
  setting(
    'CLAIMCHECK_WEB_ORIGINS',
    'Origins of the pages that may ask the codec server, apart by commas. Not set: the Temporal UI, where that is known.',
  ),
] as const satisfies readonly Setting[]

export type SettingName = (typeof SETTINGS)[number]['name']

function setting<Name extends string>(
  name: Name,
  meaning: string,
  defaultValue?: string,
  isSecret = false,
): Setting & { readonly name: Name } {
  return {
    name,
    meaning,
    secret: isSecret,
    ...(defaultValue === undefined ? {} : { defaultValue }),
  }
}
