import type { IncomingMessage } from 'node:http';
import { type CallRefusal, refused } from './callers.ts';

/** Teams limits messages to 100 KB; card clicks with inputs are far smaller. */
const longestBody = 256 * 1024;
/** Far more than any activity, and far less than what breaks recursive code. */
const deepest = 64;

export type ReadBody = { readonly kind: 'read'; readonly value: unknown } | CallRefusal;

/**
 * Reads a JSON body with or without a content length.
 * Discards one that is too long, so that the sender gets the answer. The server's timeout ends endless bodies.
 */
export async function readJson(request: IncomingMessage): Promise<ReadBody> {
  const tooLong = refused(413, 'too-long', `The body is longer than ${longestBody} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > longestBody) return tooLong;
  const bytes = await readBytes(request);
  if (bytes === 'too-long') return tooLong;
  if (bytes === 'cut') return refused(408, 'cut', 'The body ended early.');
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isDeeper(value, deepest)
      ? refused(400, 'too-deep', `The body is nested deeper than ${deepest} levels.`)
      : { kind: 'read', value };
  } catch {
    return refused(400, 'no-json', 'The body is not JSON.');
  }
}

function readBytes(request: IncomingMessage): Promise<Buffer | 'too-long' | 'cut'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (result: Buffer | 'too-long' | 'cut'): void => {
      request.off('data', take);
      chunks.length = 0;
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= longestBody) return;
      settle('too-long');
      request.resume();
    };
    request.on('data', take);
    request.once('end', () => settle(Buffer.concat(chunks)));
    request.once('close', () => settle('cut'));
    request.once('error', () => settle('cut'));
  });
}

/** Iterative, because recursion is what this check protects. */
function isDeeper(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; depth <= levels; depth += 1) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}
