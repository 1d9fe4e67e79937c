import { CodedError } from '../../../codec/coded-error.ts'

export type CatalogErrorCode =
  | 'CATALOG_NOT_FOUND'
  | 'CATALOG_OUTDATED'
  | 'LOAD_NOT_FOUND'
  | 'LOAD_AMBIGUOUS'

/** What can go wrong when the catalog is asked for a load. */
export class CatalogError extends CodedError<CatalogErrorCode> {}
