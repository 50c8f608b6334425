/** Calls to ARM and Microsoft Graph without an SDK client, because there is none or it doesn't fit. */
import { createHttpHeaders, createPipelineRequest, type SendRequest } from '@azure/core-rest-pipeline';
import { z } from 'zod';
import type { Cloud } from '../clouds.ts';
import { UnusableAnswer } from './exchange.ts';

/** A page of any list in ARM or Microsoft Graph. */
const Page = z.object({
  value: z.array(z.unknown()),
  nextLink: z.string().nullish(),
  '@odata.nextLink': z.string().nullish(),
});

const GraphCount = z.object({ '@odata.count': z.number() });

/** Header for advanced queries of Microsoft Graph. */
const advanced = { consistencylevel: 'eventual' };

/** `arm`, `graph`: send a request through the policies of that service's clients. */
export function plainCalls({ armEndpoint, graphEndpoint }: Cloud, arm: SendRequest, graph: SendRequest) {
  async function ask(send: SendRequest, url: string, more: Readonly<Record<string, string>>, body?: unknown) {
    const request = createPipelineRequest({
      url,
      method: body === undefined ? 'GET' : 'POST',
      headers: createHttpHeaders({ 'content-type': 'application/json', accept: 'application/json', ...more }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { status, bodyAsText } = await send(request);
    if (status >= 300) throw new UnusableAnswer(`its status is ${status}`);
    return JSON.parse(bodyAsText ?? '') as unknown;
  }

  async function* pages(send: SendRequest, first: string, more: Readonly<Record<string, string>>) {
    for (let url = first; url !== ''; ) {
      const page = Page.parse(await ask(send, url, more));
      yield page.value;
      url = page.nextLink ?? page['@odata.nextLink'] ?? '';
    }
  }

  /** Yields the items of a list in ARM. `path` includes the API version. */
  async function* list(path: string): AsyncGenerator<unknown> {
    for await (const page of pages(arm, `${armEndpoint}${path}`, {})) yield* page;
  }

  return {
    /** Posts to Microsoft Graph, or reads without a body. Returns the parsed answer. */
    graph: (path: string, body?: unknown) => ask(graph, `${graphEndpoint}${path}`, {}, body),
    /** Of an advanced query in Microsoft Graph. */
    graphCount: async (path: string): Promise<number> =>
      GraphCount.parse(await ask(graph, `${graphEndpoint}${path}`, advanced))['@odata.count'],
    /** Yields the pages of an advanced query in Microsoft Graph. Results can lag. */
    graphPages: (path: string): AsyncGenerator<readonly unknown[]> => pages(graph, `${graphEndpoint}${path}`, advanced),
    /** Reads one object in ARM. `path` includes the API version. */
    read: (path: string) => ask(arm, `${armEndpoint}${path}`, {}),
    list,
    /** Reads the whole list. Throws at an item of another shape, because an omitted one could be a lock or a guard. */
    async listAll<T>(path: string, shape: z.ZodType<T>): Promise<readonly T[]> {
      const found: T[] = [];
      for await (const item of list(path)) found.push(shape.parse(item));
      return found;
    },
  };
}
