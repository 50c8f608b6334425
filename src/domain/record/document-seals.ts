/** Seals of documents. A document without a valid seal counts as absent. */

/** The sealed data. */
export interface SealableDocument {
  /** The document's key. A copy under another key is invalid. */
  readonly key: string;
  /** With millisecond precision. */
  readonly writtenAt: Date;
  readonly text: string;
}

export interface DocumentSeal {
  readonly sealKey: string | null;
  readonly seal: string | null;
}

export const documentFaults = ['seal-missing', 'seal-key-unknown', 'seal-differs'] as const;
/** Why a document is rejected. */
export type DocumentFault = (typeof documentFaults)[number];

/** Port over the seal key, for documents. */
export interface DocumentSeals {
  seal(document: SealableDocument): DocumentSeal;
  /** Returns null if this program wrote the document under this key at this time. Takes microseconds. */
  faultOf(document: SealableDocument, seal: DocumentSeal): DocumentFault | null;
}
