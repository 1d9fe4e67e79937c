/** What a worker process is told, as JSON in its environment. */
export interface WorkerSettings {
  readonly address: string
  readonly namespace: string
  readonly taskQueue: string
  readonly store: StoreSettings
  /** Without one, no payload goes to the store. */
  readonly hasCodec: boolean
  /** 32 bytes in hexadecimal digits. */
  readonly encryptionKey: string | undefined
  /** Absent: a worker for activities only. */
  readonly bundlePath: string | undefined
  readonly rowsPath: string
  readonly rowsBytes: number
}

export interface StoreSettings {
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

export const settingsVariable = 'BENCH_WORKER_SETTINGS'

export function readWorkerSettings(): WorkerSettings {
  return JSON.parse(process.env[settingsVariable] ?? '') as WorkerSettings
}
