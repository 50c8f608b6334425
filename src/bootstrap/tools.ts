/** Chance and arithmetic: what everything else is handed, so that it can be tried with others. */
import { createHash, randomBytes } from 'node:crypto';

export const random = (bytes: number): Uint8Array => randomBytes(bytes);
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
