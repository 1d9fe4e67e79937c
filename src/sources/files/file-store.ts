import type { FileSourceDefinition } from '../../../activities/index.ts'
import type { FilePath } from './file-path.ts'

/** What the files of a source are asked for with. */
export interface FileRequest {
  readonly source: FileSourceDefinition
  readonly signal: AbortSignal
}

/** A file that a path names or matches. */
export interface FoundFile {
  /** References as they are written: for messages, and to open it. */
  readonly place: string
  /** The same for a file that is found twice. May hold secrets. */
  readonly identity: string
  /** As `SourceItem.version`. */
  readonly version: string | null
  readonly sizeBytes: number | null
}

/** One kind of place where files lie. */
export interface FileStore {
  /**
   * The files of a path, in no order. @throws PipelineError, FILE_MISSING where the path names one that
   * is not there, if that is known without opening it
   */
  find(path: FilePath, request: FileRequest): AsyncIterable<FoundFile>
  /** @param file Where it is: a path without wildcards. */
  open(file: FilePath, request: FileRequest): Promise<OpenFile>
}

/** The bytes of one file as they lie there, all of one version. */
export interface OpenFile {
  /** As `OpenItem.version`. */
  readonly version: string | undefined
  /** Whether bytes can be read from anywhere at no cost. */
  readonly isSeekable: boolean
  /** Whether an end before the file's own would be noticed. */
  readonly isFramed: boolean
  /**
   * The bytes from a position on, to the file's end.
   * @throws PipelineError SOURCE_CHANGED where they are no longer those of this version
   */
  read(fromBytes: number): AsyncGenerator<Uint8Array>
  close(): Promise<void>
}
