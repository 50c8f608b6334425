import type { RowFault } from '../domain/record/faults.ts';

/** A row of the record is not what the product wrote. Nothing is acted on after it: who meets it ends the process. */
export class RecordBroken extends Error {
  override readonly name = 'RecordBroken';
  readonly seq: number | null;
  readonly request: string | null;
  readonly fault: RowFault;
  readonly detail: string;

  constructor(at: { readonly seq?: number; readonly request?: string }, fault: RowFault, detail: string) {
    const where = [at.seq === undefined ? null : `event ${at.seq}`, at.request ?? null].filter((part) => part !== null);
    super(`${where.join(' of ') || 'the record'}: ${fault}: ${detail}`);
    this.seq = at.seq ?? null;
    this.request = at.request ?? null;
    this.fault = fault;
    this.detail = detail;
  }
}
