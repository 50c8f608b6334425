/** What one person types, and what scrapes. */
import { requester } from '../../src/local/people.ts';
import { type Load, wellSent } from './load.ts';
import { activityOf, type Ground } from './product.ts';

async function scrape(url: string): Promise<void> {
  const answer = await fetch(`${url}/metrics`);
  await answer.text();
  if (!answer.ok) throw new Error(`/metrics: ${answer.status}`);
}

/** Asks a bot: `/metrics`, or whatever is typed. */
export const questions =
  ({ connector }: Ground, url: string, load: Load) =>
  (asked: string): Promise<void> =>
    asked === '/metrics' ? scrape(url) : wellSent(load, url, activityOf(connector, requester, { text: asked }));
