import { z } from 'zod'

/** What each process of a soak is told, as JSON in its environment. */
const soakSettings = z.object({
  temporal: z.object({ address: z.string(), namespace: z.string() }),
  store: z.object({
    endpoint: z.string(),
    region: z.string(),
    bucket: z.string(),
    credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  }),
  taskQueue: z.string(),
  /** As `CLAIMCHECK_ENCRYPTION_KEYS`. */
  encryptionKeys: z.string(),
  /** Of the soak's own workflows. */
  bundlePath: z.string(),
  pace: z.object({ beganAtMs: z.number(), dayMs: z.number() }),
  /** How long runs that have ended are kept; like all here, in milliseconds of the machine. */
  keptMs: z.number(),
  /** How much longer their objects are. */
  graceMs: z.number(),
  /** Between the two looks of a collection. */
  settleMs: z.number(),
})

export type SoakSettings = z.infer<typeof soakSettings>

const variable = 'SOAK_SETTINGS'

export function soakEnvironment(settings: SoakSettings): Record<string, string> {
  return { [variable]: JSON.stringify(settings) }
}

export function readSoakSettings(): SoakSettings {
  return soakSettings.parse(JSON.parse(process.env[variable] ?? ''))
}
