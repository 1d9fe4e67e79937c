import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { SampleSourceError } from './sample-source-error.ts'

/** The real data behind the sample source, as the npm package `vega-datasets` holds it. */
export interface SampleData {
  /** The package's version: what is rendered from one version is not served for another. */
  readonly version: string
  /** Path of flights-3m.parquet. */
  readonly flightsPath: string
  /** Path of airports.csv. */
  readonly airportsPath: string
}

const packageFile = z.object({ version: z.string() })

/** @throws SampleSourceError SAMPLE_DATA_MISSING where the package is not installed. */
export async function findSampleData(): Promise<SampleData> {
  try {
    // The package exports no path but its main module, build/index.js.
    const root = fileURLToPath(new URL('..', import.meta.resolve('vega-datasets')))
    const file = await readFile(join(root, 'package.json'), 'utf8')
    return {
      version: packageFile.parse(JSON.parse(file)).version,
      flightsPath: join(root, 'data', 'flights-3m.parquet'),
      airportsPath: join(root, 'data', 'airports.csv'),
    }
  } catch (cause) {
    throw new SampleSourceError('SAMPLE_DATA_MISSING', 'vega-datasets cannot be read', {
      remedy: 'Run npm install with development dependencies: the sample data comes from there.',
      cause,
    })
  }
}
