/** Figures of whether anything can be stored, and of what is there that the bot did not store. They are of this process alone: nothing is asked of the database for them. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { type DocumentFault, documentFaults } from '../domain/record/document-seals.ts';
import { type Storing, whyRefused } from '../domain/storing.ts';

export interface WatchedStoring extends Pick<Storing, 'counts'> {
  readonly isStoring: () => boolean;
}

/** Each reason is there from the start: an alert on growth does not see a series that begins with its first refusal. */
export function watchStoring(register: Registry, { counts, isStoring }: WatchedStoring): void {
  const registers = [register];
  new Counter({
    name: 'cmk_store_refusals_total',
    help: 'Statements that the database answered with no, by why it takes nothing',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const reason of whyRefused) this.inc({ reason }, counts()[reason]);
    },
  });
  new Gauge({
    name: 'cmk_storing',
    help: '0 while the last heartbeat could not be stored, or the database has refused something within a minute and stored nothing since; else 1',
    registers,
    collect() {
      this.set(isStoring() ? 1 : 0);
    },
  });
}

/** Documents that were not used because nobody with the seal key wrote them. */
export function watchDocuments(register: Registry, refused: Readonly<Record<DocumentFault, number>>): void {
  new Counter({
    name: 'cmk_documents_refused_total',
    help: 'Documents in the database that were ignored because their seal is missing or wrong, by what is wrong',
    labelNames: ['fault'],
    registers: [register],
    collect() {
      this.reset();
      for (const fault of documentFaults) this.inc({ fault }, refused[fault]);
    },
  });
}
