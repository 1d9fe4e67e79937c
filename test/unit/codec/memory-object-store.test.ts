import { MemoryObjectStore } from '../../../codec/index.ts'
import { objectStoreSuite } from '../../support/object-store-suite.ts'

objectStoreSuite('memory', { open: async () => new MemoryObjectStore(), partBytes: 70_000 })
