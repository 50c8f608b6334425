/** Names of the files of an evidence pack, and what each is worth. */

export const packFile = {
  readme: 'README.txt',
  report: 'report.html',
  events: 'events.jsonl',
  checkpoint: 'checkpoint',
  plan: 'plan.json',
  decisions: 'decisions.json',
  change: 'change.json',
  proof: 'proof.json',
  policy: 'policy.json',
  rules: 'rules.json',
  controls: 'controls.json',
  names: 'names.json',
  texts: 'texts.jsonl',
  keys: 'keys.txt',
  verifier: 'verify.py',
  sums: 'SHA256SUMS',
} as const;

/** What has to be there: of the others a pack may have none. */
export const neededFiles: readonly string[] = [
  packFile.events,
  packFile.checkpoint,
  packFile.plan,
  packFile.decisions,
  packFile.change,
  packFile.proof,
  packFile.policy,
  packFile.report,
  packFile.sums,
];

const indexDigits = 10;

/** Of the event with that leaf, from 0. */
export const proofPath = (index: number): string => `proofs/${String(index).padStart(indexDigits, '0')}.tlog-proof`;

/** A pack by its files: names with slashes, in no order. */
export type PackFiles = ReadonlyMap<string, Buffer>;
