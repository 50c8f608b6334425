/** Randomness and hashing, passed as arguments so that tests can replace them. */
import { createHash, randomBytes } from 'node:crypto';

export const random = (bytes: number): Uint8Array => randomBytes(bytes);
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
