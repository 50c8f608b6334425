/**
 * Blob container for the published log. With immutable versions, each write of the newest checkpoint adds a version, and none
 * can be deleted ("Version-level WORM policies for immutable blob data").
 */
import type { TokenCredential } from '@azure/core-auth';
import { ContainerClient, RestError } from '@azure/storage-blob';
import type { AnchorFiles, AnchorSource } from '../domain/ports/published-log.ts';
import type { Cloud } from './clouds.ts';

interface AnchorContainerOptions {
  /** `https://ACCOUNT.blob.core.windows.net/CONTAINER` */
  readonly url: string;
  readonly cloud: Cloud;
  readonly credential: TokenCredential;
  /** Maximum size of a file in bytes. A longer one is cut, so that its verification fails. */
  readonly maxSize: (name: string) => number;
  /** Maximum time of a call in milliseconds, its retries included. */
  readonly limitMs?: number;
}

/** The address isn't in the cloud's storage domain: a token would go to a foreign server. */
export class NotStorage extends Error {
  override readonly name = 'NotStorage';
}

const isMissing = (error: unknown): boolean => error instanceof RestError && error.code === 'BlobNotFound';

async function readLimited(body: NodeJS.ReadableStream, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  // `break` ends the download.
  for await (const part of body) {
    parts.push(Buffer.from(part));
    length += part.length;
    if (length >= maxBytes) break;
  }
  return Buffer.concat(parts).subarray(0, maxBytes);
}

/** Ends a call at its limit. The client's `tryTimeoutInMs` only asks the server to end: a server that is silent would hold the call for good. */
async function withinLimit<T>(
  host: string,
  limitMs: number,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limitMs);
  try {
    return await call(late.signal);
  } catch (error) {
    throw late.signal.aborted
      ? new Error(`${host} didn’t answer within ${limitMs / 1_000} s`, { cause: error })
      : error;
  } finally {
    clearTimeout(timer);
  }
}

export function anchorContainer({
  url,
  cloud,
  credential,
  maxSize,
  limitMs = 60_000,
}: AnchorContainerOptions): AnchorFiles & AnchorSource {
  const { host, hostname } = new URL(url);
  if (cloud.blobSuffix !== null && !hostname.endsWith(cloud.blobSuffix)) {
    throw new NotStorage(`${url} is no container of this cloud: its host must end with ${cloud.blobSuffix}`);
  }
  const container = new ContainerClient(url, credential, {
    retryOptions: { maxTries: 3 },
    ...cloud.tls,
  });
  return {
    read: (path) =>
      withinLimit(host, limitMs, async (abortSignal) => {
        try {
          const { readableStreamBody } = await container.getBlobClient(path).download(0, undefined, { abortSignal });
          return readableStreamBody === undefined ? null : await readLimited(readableStreamBody, maxSize(path) + 1);
        } catch (error) {
          if (isMissing(error)) return null;
          throw error;
        }
      }),
    // A log of years has a hundred pages of checkpoints.
    sizes: () =>
      withinLimit(host, 10 * limitMs, async (abortSignal) => {
        const sizes: number[] = [];
        for await (const { name } of container.listBlobsFlat({ prefix: 'checkpoints/', abortSignal })) {
          const [, size] = /^checkpoints\/([1-9]\d*)$/.exec(name) ?? [];
          if (size !== undefined) sizes.push(Number(size));
        }
        return sizes;
      }),
    write: (path, bytes) =>
      withinLimit(host, limitMs, async (abortSignal) => {
        await container.getBlockBlobClient(path).uploadData(bytes, { abortSignal });
      }),
  };
}
