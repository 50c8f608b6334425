/**
 * Figures of the witnesses of the published log, and of the key in a vault that signs as well. Their label is the one name among all figures: there are few, an operator named
 * them in the settings, and which of them is silent is what has to be known.
 */
import { Counter, type Registry } from 'prom-client';
import type { WitnessOutcome } from '../domain/ports/witnesses.ts';
import type { Witnessing, WitnessView } from '../domain/witnessing.ts';
import { toldGauge } from './told-gauge.ts';

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
