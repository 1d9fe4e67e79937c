import { checksum, noise } from '../support/noise.ts'

export const limitActivities = {
  async checksumOf(...values: Uint8Array[]): Promise<string> {
    return checksum(...values)
  },
  async noiseOf(seed: number, sizeBytes: number): Promise<Uint8Array> {
    return noise(seed, sizeBytes)
  },
  async sizeOf(document: string, _index: number): Promise<number> {
    return document.length
  },
}

export type LimitActivities = typeof limitActivities
