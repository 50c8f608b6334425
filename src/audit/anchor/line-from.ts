/** A line of the record made of its body alone, as published: the hash is made anew, and there is no seal. */
import { z } from 'zod';
import type { ChainLine } from '../../domain/record/chain.ts';
import { hashOf, parseBody } from '../verify.ts';

const Columns = z.object({
  seq: z.number(),
  request: z.string(),
  revision: z.number(),
  cause: z.string(),
  n: z.number(),
  prev: z.string(),
});

/** What a body that cannot be read is taken for: the verifier finds it. */
const unreadable = { seq: 0, request: '', revision: 0, cause: '', n: 0, prev: '' };

export function lineFrom(body: string): ChainLine {
  const columns = Columns.safeParse(parseBody(body)).data ?? unreadable;
  return { ...columns, body, hash: hashOf(body), sealKey: null, seal: null };
}
