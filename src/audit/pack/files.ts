/** Files of evidence packs and statements: names, requirements, archive and checksums. */
import { createHash } from 'node:crypto';
import { unzipSync, zipSync } from 'fflate';

export const packFile = {
  readme: 'README.txt',
  report: 'report.html',
  events: 'events.jsonl',
  /** Events of the later request that replaced the key, if any. */
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

/** Required files; a pack can lack the others. */
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

/** Makes an archive a statement of a period in place of the evidence of one request. */
export const statementFile = 'statement.json';

/** Files of a statement: all of them, and no others. */
export const statementFiles: readonly string[] = [
  packFile.readme,
  packFile.report,
  packFile.events,
  packFile.checkpoint,
  packFile.keys,
  packFile.sums,
  statementFile,
];

/** In older packs. A verifier inside the pack proves nothing. */
export const oldVerifier = 'verify.py';

const known = new Set<string>([...Object.values(packFile), oldVerifier]);

/** Returns whether a pack can have a file with this name. Proofs without an event in the pack are detected elsewhere. */
export const isPackFile = (name: string): boolean => known.has(name) || /^proofs\/\d{10}\.tlog-proof$/.test(name);

/** Sources of the report that nothing else verifies. */
export const reportSources = [packFile.checkpoint, packFile.names, packFile.keys] as const;

/** SHA-256 in hexadecimal. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const jsonFile = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

/** Optional files that an auditor would miss. */
export const optionalFiles: readonly string[] = [
  packFile.readme,
  packFile.controls,
  packFile.keys,
  packFile.names,
  packFile.rules,
  packFile.texts,
];

/** Returns the proof's path for a leaf index, from 0. */
export const proofPath = (index: number): string => `proofs/${String(index).padStart(10, '0')}.tlog-proof`;

/** Files of a pack: names with slashes, in no order. */
export type PackFiles = ReadonlyMap<string, Buffer>;

/** Returns the text of a file; empty: it isn't there. */
export const textIn = (files: PackFiles, name: string): string => files.get(name)?.toString('utf8') ?? '';

/** Limits above any pack: a small archive can expand to terabytes. A statement holds a whole log. */
export const maxBytes = 256 * 2 ** 20;
const maxFiles = 10_000;

/**
 * Returns a deterministic archive: names are sorted, the date is in local time as in the zip format, and nothing is compressed,
 * because compressors differ.
 */
export function archiveOf(files: PackFiles): Buffer {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(zipSync(Object.fromEntries(sorted), { level: 0, mtime: new Date(1980, 0, 1) }));
}

/** Why a file isn't a pack. `not-as-written`: a zip that differs from the one that {@link archiveOf} makes of its files. */
export type NoArchive = 'not-a-zip' | 'too-large' | 'name-twice' | 'not-as-written';

export function filesOf(archive: Uint8Array): PackFiles | NoArchive {
  const names: string[] = [];
  let bytes = 0;
  try {
    const found = unzipSync(archive, {
      filter: ({ name, originalSize }) => {
        names.push(name);
        bytes += originalSize;
        return bytes <= maxBytes && names.length <= maxFiles;
      },
    });
    if (bytes > maxBytes || names.length > maxFiles) return 'too-large';
    if (new Set(names).size < names.length) return 'name-twice';
    const files = new Map(Object.entries(found).map(([name, content]) => [name, Buffer.from(content)]));
    return archiveOf(files).equals(archive) ? files : 'not-as-written';
  } catch {
    return 'not-a-zip';
  }
}

// `SHA256SUMS`: all other files of a pack. It detects damage, not forgery: a forger can write a new one.

const linesOf = (files: PackFiles): readonly string[] =>
  [...files]
    .filter(([name]) => name !== packFile.sums)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bytes]) => `${digestOf(bytes)}  ${name}`);

/** Returns the sums in the format of `sha256sum -c`. */
export const sumsOf = (files: PackFiles): Buffer => Buffer.from(`${linesOf(files).join('\n')}\n`);

/** Returns damaged, missing and unexpected files, in words. */
export function damagedIn(files: PackFiles): readonly string[] {
  const listed = new Set(textIn(files, packFile.sums).split('\n').slice(0, -1));
  const found = new Set(linesOf(files));
  const names = new Set([...found].filter((line) => !listed.has(line)).map(nameIn));
  for (const line of listed) if (!found.has(line)) names.add(nameIn(line));
  if (names.size > 0) return [...names].map((name) => `${name}: not the file that ${packFile.sums} names`);
  return sumsOf(files).equals(files.get(packFile.sums) ?? Buffer.alloc(0))
    ? []
    : [`${packFile.sums}: not as it was written`];
}

const nameIn = (line: string): string => line.slice(line.indexOf('  ') + 2);
