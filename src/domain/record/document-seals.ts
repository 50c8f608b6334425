/** Seals of documents: a document that the database alone holds is what this program wrote, or it counts as absent. */

/** What a seal is over. */
export interface SealableDocument {
  /** Where it lies: a copy under another key isn't the same document. */
  readonly key: string;
  /** To the millisecond. */
  readonly writtenAt: Date;
  readonly text: string;
}

export interface DocumentSeal {
  readonly sealKey: string | null;
  readonly seal: string | null;
}

export const documentFaults = ['seal-missing', 'seal-key-unknown', 'seal-differs'] as const;
/** Why a document isn't used. */
export type DocumentFault = (typeof documentFaults)[number];

/** The port over the seal key, for documents. */
export interface DocumentSeals {
  seal(document: SealableDocument): DocumentSeal;
  /** Null: this program wrote it, under this key, at this time. Costs microseconds. */
  faultOf(document: SealableDocument, seal: DocumentSeal): DocumentFault | null;
}
