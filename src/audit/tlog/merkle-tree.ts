/** Merkle tree hashes by RFC 6962 (2.1). The first byte separates leaves from nodes. */
import { createHash } from 'node:crypto';

/** 32 bytes of SHA-256. */
export type Hash = Buffer;

const leafMark = Buffer.from([0]);
const nodeMark = Buffer.from([1]);

const sha256 = (...parts: readonly Uint8Array[]): Hash => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const emptyRoot: Hash = sha256();

export const leafHash = (entry: Uint8Array): Hash => sha256(leafMark, entry);

const nodeHash = (left: Hash, right: Hash): Hash => sha256(nodeMark, left, right);

/** Each hash in base64 on its own line. */
export const hashLines = (hashes: readonly Hash[]): string =>
  hashes.map((hash) => `${hash.toString('base64')}\n`).join('');

/** Parses {@link hashLines}; null: not the canonical form. */
export function hashesIn(lines: string): readonly Hash[] | null {
  const hashes = lines
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line, 'base64'));
  return hashes.every(({ length }) => length === 32) && hashLines(hashes) === lines ? hashes : null;
}

/** Folds adjacent subtree hashes, the largest at the left, to one hash. */
export const foldRight = (hashes: readonly Hash[]): Hash =>
  hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => nodeHash(left, right));

/** The number of hashes must be a power of two. */
export function fullRoot(hashes: readonly Hash[]): Hash {
  const [only] = hashes;
  if (only === undefined || hashes.length === 1) return only ?? emptyRoot;
  const middle = hashes.length / 2;
  return nodeHash(fullRoot(hashes.slice(0, middle)), fullRoot(hashes.slice(middle)));
}

// Verification of proofs against signed roots (RFC 9162, 2.1.3.2 and 2.1.4.2; the proofs are those of RFC 6962).

const isOdd = (n: number): boolean => n % 2 === 1;
const half = (n: number): number => Math.floor(n / 2);

/** Position in a proof: the node on the path up, and the last node of its level. */
interface Climb {
  node: number;
  last: number;
}

/** Moves up by one hash of a proof and returns the hash's side. Null: already at the top. */
function climb(at: Climb): 'left' | 'right' | null {
  if (at.last === 0) return null;
  const side = isOdd(at.node) || at.node === at.last ? 'left' : 'right';
  if (side === 'left') {
    while (!isOdd(at.node) && at.node !== 0) {
      at.node = half(at.node);
      at.last = half(at.last);
    }
  }
  at.node = half(at.node);
  at.last = half(at.last);
  return side;
}

export function provesInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[], root: Hash): boolean {
  if (index < 0 || index >= size) return false;
  const at = { node: index, last: size - 1 };
  let found = leaf;
  for (const hash of proof) {
    const side = climb(at);
    if (side === null) return false;
    found = side === 'left' ? nodeHash(hash, found) : nodeHash(found, hash);
  }
  return at.last === 0 && found.equals(root);
}

export interface Tree {
  readonly size: number;
  readonly root: Hash;
}

export function provesConsistency(older: Tree, newer: Tree, proof: readonly Hash[]): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  if (older.size === 0) return proof.length === 0;
  // An older tree that is a full subtree starts from its own root, which the proof omits.
  const [start, ...path] = Number.isInteger(Math.log2(older.size)) ? [older.root, ...proof] : proof;
  if (start === undefined) return false;
  const at = { node: older.size - 1, last: newer.size - 1 };
  while (isOdd(at.node)) {
    at.node = half(at.node);
    at.last = half(at.last);
  }
  let foundOlder = start;
  let foundNewer = start;
  for (const hash of path) {
    const side = climb(at);
    if (side === null) return false;
    if (side === 'left') foundOlder = nodeHash(hash, foundOlder);
    foundNewer = side === 'left' ? nodeHash(hash, foundNewer) : nodeHash(foundNewer, hash);
  }
  return at.last === 0 && foundOlder.equals(older.root) && foundNewer.equals(newer.root);
}

export const tileWidth = 256;

/** `entries`: the events. A number: a level of hashes; each level covers 256 times as many leaves as the one below. */
type TileKind = 'entries' | number;

export interface TileAt {
  readonly kind: TileKind;
  /** Number of the tile in its kind, from 0. */
  readonly index: number;
  readonly width: number;
}

const threeDigits = (n: number): string => String(n % 1000).padStart(3, '0');

/** 1234067 is x001/x234/067. */
function numberPath(n: number): string {
  const parts = [threeDigits(n)];
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000))
    parts.unshift(`x${threeDigits(rest)}`);
  return parts.join('/');
}

export const tilePath = ({ kind, index, width }: TileAt): string =>
  `tile/${kind}/${numberPath(index)}${width === tileWidth ? '' : `.p/${width}`}`;

/** Returns the tile with hash or entry `n` in a tree of `size` leaves. Entries count as the level of leaves. */
export function tileOf(kind: TileKind, n: number, size: number): TileAt {
  const index = Math.floor(n / tileWidth);
  const items = Math.floor(size / tileWidth ** (kind === 'entries' ? 0 : kind));
  return { kind, index, width: Math.min(tileWidth, items - index * tileWidth) };
}

// Entries in a tile: each after its length in two bytes, big-endian (C2SP tlog-tiles).

const lengthBytes = 2;
const maxEntryBytes = 0xff_ff;

/** Throws if an entry exceeds the format's limit. Event bodies are far below it, because their texts are stored separately. */
export function bundleOf(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > maxEntryBytes)
        throw new Error(`an entry of ${entry.length} bytes: at most ${maxEntryBytes} fit`);
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** Parses entries; null: incomplete, or more than a tile can have. */
export function entriesIn(bundle: Buffer): readonly Buffer[] | null {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    if (at + lengthBytes > bundle.length || entries.length === tileWidth) return null;
    const end = at + lengthBytes + bundle.readUInt16BE(at);
    if (end > bundle.length) return null;
    entries.push(bundle.subarray(at + lengthBytes, end));
    at = end;
  }
  return entries;
}

interface HashTile extends TileAt {
  readonly kind: number;
  readonly bytes: Buffer;
}

interface Level {
  full: number;
  hashes: Hash[];
  /** Roots of the full subtrees in the partial tile, largest first: at most eight, or one for a full tile. */
  edge: Hash[];
}

/** `count`: number of hashes including this one. */
function grow(edge: Hash[], hash: Hash, count: number): void {
  let grown = hash;
  for (let rest = count; rest % 2 === 0; rest /= 2) {
    const left = edge.pop();
    if (left === undefined) throw new Error('a tree of hashes lost one');
    grown = nodeHash(left, grown);
  }
  edge.push(grown);
}

/**
 * An append-only tree that stores only its partial tiles: at most 255 hashes per level. That's enough for its root and all
 * files to write.
 */
export class GrowingTree {
  readonly #levels: Level[] = [];
  size = 0;

  /** Adds a leaf's hash. Returns the tiles that became full, leaves first. They never change again. */
  add(leaf: Hash): readonly HashTile[] {
    this.size += 1;
    const full: HashTile[] = [];
    let hash = leaf;
    for (let kind = 0; ; kind += 1) {
      const level = this.#levels[kind] ?? { full: 0, hashes: [], edge: [] };
      this.#levels[kind] = level;
      level.hashes.push(hash);
      grow(level.edge, hash, level.hashes.length);
      if (level.hashes.length < tileWidth) return full;
      full.push({ kind, index: level.full, width: tileWidth, bytes: Buffer.concat(level.hashes) });
      hash = foldRight(level.edge);
      level.full += 1;
      level.hashes = [];
      level.edge = [];
    }
  }

  /** Returns the partial tiles, leaves first. They are written for signed sizes. */
  partial(): readonly HashTile[] {
    return this.#levels.flatMap(({ full, hashes }, kind) =>
      hashes.length === 0 ? [] : [{ kind, index: full, width: hashes.length, bytes: Buffer.concat(hashes) }],
    );
  }

  /** Returns the root with few hashes per level, because a log with many checkpoints needs many roots. */
  root(): Hash {
    const highestFirst = [...this.#levels].reverse();
    return foldRight(highestFirst.flatMap(({ edge }) => edge));
  }
}
