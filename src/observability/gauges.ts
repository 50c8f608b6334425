/** Metrics of the database, of documents and of witnesses. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { WitnessOutcome } from '../domain/ports/witnesses.ts';
import { type DocumentFault, documentFaults } from '../domain/record/document-seals.ts';
import { type Storing, whyRefused } from '../domain/storing.ts';
import type { Witnessing, WitnessView } from '../domain/witnessing.ts';

interface About<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: Label[];
}

/**
 * A figure that is read from the database. While that is away the figure is left out: it must not take along the others, which
 * say that the database is away.
 */
export function toldGauge<Label extends string>(
  register: Registry,
  about: About<Label>,
  read: (gauge: Gauge<Label>) => Promise<void>,
): void {
  const gauge: Gauge<Label> = new Gauge<Label>({
    ...about,
    registers: [register],
    collect: () =>
      read(gauge).catch(() => {
        gauge.reset();
        // One without labels is 0 after that, which would say that there is nothing.
        gauge.remove({});
      }),
  });
}

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

// Figures of the witnesses of the published log, and of the key in a vault that signs as well. Their label is the one name among all figures: there are few, an operator named
// them in the settings, and which of them is silent is what has to be known.

export interface WitnessFigures {
  witnessAsked(witness: string, outcome: WitnessOutcome): void;
}

interface Look {
  readonly name: string;
  readonly help: string;
  readonly value: (view: WitnessView, now: Date) => number;
}

const looks: readonly Look[] = [
  {
    name: 'cmk_witnessed_events',
    help: 'Events under the last checkpoint that each witness signed',
    value: ({ standing }) => standing?.signed?.size ?? 0,
  },
  {
    name: 'cmk_witnessed_age_seconds',
    help: 'Since when each witness has signed nothing: since its last signature, or since it was first asked',
    value: ({ standing }, now) =>
      standing === null ? 0 : Math.max(0, (now.getTime() - (standing.signed?.at ?? standing.since).getTime()) / 1_000),
  },
  {
    name: 'cmk_witness_contradicts',
    help: '1 while a witness is known to know another history of the record',
    value: ({ standing }) => (standing !== null && standing.contradiction !== null ? 1 : 0),
  },
];

/** `look`: null where no witness is asked; then there are figures without values. */
export function watchWitnesses(
  register: Registry,
  look: (() => Promise<Witnessing>) | null,
  now: () => Date,
): WitnessFigures {
  const asks = new Counter({
    name: 'cmk_witness_asks_total',
    help: 'How often each witness was asked to sign, by what came of it',
    labelNames: ['witness', 'outcome'],
    registers: [register],
  });
  for (const { name, help, value } of looks) {
    toldGauge(register, { name, help, labelNames: ['witness'] }, async (gauge) => {
      gauge.reset();
      for (const view of (await look?.())?.witnesses ?? []) gauge.set({ witness: view.name }, value(view, now()));
    });
  }
  const missing = {
    name: 'cmk_witnesses_missing',
    help: 'How many more witnesses would have to sign the newest checkpoint for it to count as witnessed',
  };
  toldGauge(register, missing, async (gauge) => {
    const found = await look?.();
    gauge.set(found === undefined ? 0 : Math.max(0, found.needed - found.current));
  });
  const unsigned = {
    name: 'cmk_vault_signature_missing',
    help: '1 while the newest checkpoint is not signed with the key in the vault that is to sign it',
  };
  toldGauge(register, unsigned, async (gauge) => {
    const vaultKey = (await look?.())?.vaultKey ?? null;
    gauge.set(vaultKey === null || vaultKey.standing === null || vaultKey.current ? 0 : 1);
  });
  return { witnessAsked: (witness, outcome) => asks.inc({ witness, outcome }) };
}
