import { zstdDecompressSync } from 'node:zlib'
import { ParquetReader } from 'parquetjs'
import { PARQUET_COMPRESSION_METHODS } from 'parquetjs/dist/lib/compression.js'

// The witness knows every codec but ours; Node brings that one.
Object.assign(PARQUET_COMPRESSION_METHODS, {
  ZSTD: { inflate: (bytes: Buffer) => zstdDecompressSync(bytes) },
})

export { ParquetReader }
