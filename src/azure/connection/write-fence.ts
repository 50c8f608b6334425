/**
 * Write fence: checked right before each change is sent. After a pause, this process might have lost the run to another
 * replica.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { isChange } from './exchange.ts';

/** Resolves while the process owns the run. Throws or never resolves otherwise. */
type WriteFence = () => Promise<void>;

const writeFences = new AsyncLocalStorage<WriteFence>();

/** Runs the work. Each attempt of a request other than a read checks the fence first. */
export const withWriteFence = <T>(fence: WriteFence, work: () => Promise<T>): Promise<T> =>
  writeFences.run(fence, work);

/** A change was about to be sent outside {@link withWriteFence}. It's a bug, and nothing was sent. */
class UnfencedWriteError extends Error {
  override readonly name = 'UnfencedWriteError';
}

/** The last policy before the network. */
export const checkWriteFence: PipelinePolicy = {
  name: 'cmkPermit',
  async sendRequest(request, next) {
    if (!isChange(request)) return next(request);
    const fence = writeFences.getStore();
    if (fence === undefined) throw new UnfencedWriteError(`${request.method} without a write fence`);
    await fence();
    return next(request);
  },
};
