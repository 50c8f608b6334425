/**
 * Whether a change may still go out, asked right before it does: a process that was held up between its last look and a write
 * may find that another one has taken over meanwhile.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/** Resolves while the change may be made. Throws, or never resolves, where it may not. */
export type Permit = () => Promise<void>;

const permits = new AsyncLocalStorage<Permit>();

/** Runs the work; whatever it sends to Azure beside reads waits for the permit, each try anew. */
export const permitting = <T>(permit: Permit, work: () => Promise<T>): Promise<T> => permits.run(permit, work);

/** The last policy before the wire. */
export const askPermit: PipelinePolicy = {
  name: 'cmkPermit',
  async sendRequest(request, next) {
    if (request.method !== 'GET' && request.method !== 'HEAD') await permits.getStore()?.();
    return next(request);
  },
};
