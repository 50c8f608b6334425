/** Names of the files of an evidence pack, and what each is worth. */
import { createHash } from 'node:crypto';

export const packFile = {
  readme: 'README.txt',
  report: 'report.html',
  events: 'events.jsonl',
  /** Of the later request that replaced the key, where one did. */
  later: 'later.jsonl',
  checkpoint: 'checkpoint',
  consistency: 'consistency',
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

/** In packs of before: a verifier that came with the pack proves nothing. */
export const oldVerifier = 'verify.py';

const known = new Set<string>([...Object.values(packFile), oldVerifier]);

/** Whether packs have a file of that name. A proof of no event of the pack is found elsewhere. */
export const isPackFile = (name: string): boolean => known.has(name) || /^proofs\/\d{10}\.tlog-proof$/.test(name);

/** Files that a report is made of, and that nothing else vouches for. */
export const reportSources = [packFile.checkpoint, packFile.names, packFile.keys] as const;

/** SHA-256 in hexadecimal. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Those that a pack can do without, where an auditor would miss them. */
export const optionalFiles: readonly string[] = [
  packFile.readme,
  packFile.controls,
  packFile.keys,
  packFile.names,
  packFile.rules,
  packFile.texts,
];

const indexDigits = 10;

/** Of the event with that leaf, from 0. */
export const proofPath = (index: number): string => `proofs/${String(index).padStart(indexDigits, '0')}.tlog-proof`;

/** A pack by its files: names with slashes, in no order. */
export type PackFiles = ReadonlyMap<string, Buffer>;
