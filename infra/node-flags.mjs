/**
 * How Node runs the program. With V8's own young generation (16 MiB a half, and more with much memory)
 * buffers that nobody needs any more wait long for their collection: a worker's peak grew by a fifth
 * from 500,000 rows to 3,000,000. With 8 MiB it stays flat, at the same speed (`npm run bench:memory`).
 */
export const nodeFlags = ['--max-semi-space-size=8']
