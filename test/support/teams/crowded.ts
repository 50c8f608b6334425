/** One person who asks for very many lists at once, and somebody else who decides meanwhile. */

import { localTenantId, requester } from '../../../sandbox/people.ts';
import { RequestId } from '../../../src/domain/ids.ts';
import { plan, requestId, resourceId, submit } from '../builders/fixtures.ts';
import { startStore } from '../store/store-client.ts';
import { approvalCard, ask, people, places } from '../world/story.ts';
import type { World } from '../world/world.ts';
import { activity, invoke, send } from './raw-activity.ts';

/** Puts so many requests on the record, while the bot is down. */
export async function fillRecord(world: World, count: number): Promise<void> {
  await world.endBot('SIGINT');
  const store = await startStore(world.databaseUrl);
  for (let n = 1; n <= count; n += 1) {
    const name = `agent-${n}`;
    await store.append(requestId(n), 'submit', submit({ plan: plan(resourceId(name)), resourceName: name }));
  }
  // Nobody is to be shown these, which would keep the bot busy.
  await store.sql('delete from pgboss.job');
  await store.close();
  await world.startBot();
}

export interface Crowd {
  /** How many lists were answered before the click was, and in the end. */
  readonly listsBefore: number;
  readonly lists: number;
  readonly refused: number;
  readonly answer: string;
}

/** A request that waits for somebody's decision. */
export async function waiting(world: World): Promise<{ readonly id: RequestId; readonly activityId: string }> {
  const id = await ask(world);
  return { id: RequestId.parse(id), activityId: (await approvalCard(world, id)).id };
}

/** All lists are on their way before the click is made: most of them have been refused by then. Calls back once it is answered. */
export async function crowd(
  world: World,
  lists: number,
  { id, activityId }: Awaited<ReturnType<typeof waiting>>,
  onClicked: () => Promise<unknown> = async () => undefined,
): Promise<Crowd> {
  // Straight to the bot: the local Teams has the lists' answers to show, and would hold the click up itself.
  const data = { requestId: id, revision: 1, comment: 'no' };
  const click = invoke(
    world,
    { action: { type: 'Action.Execute', verb: 'request.reject', data } },
    {
      from: { id: `29:${people.approver}`, name: 'Approver', aadObjectId: people.approver },
      conversation: { id: places.approvals, conversationType: 'channel', isGroup: true, tenantId: localTenantId },
      replyToId: activityId,
    },
  );
  const text = '/cmk-history';
  const from = { id: `29:${requester.id}`, name: 'Requester', aadObjectId: requester.id };
  let answers = 0;
  let refusals = 0;
  const asked = Array.from({ length: lists }, async () => {
    const { status } = await send(world, activity(world, { text, from }));
    if (status === 200) answers += 1;
    else refusals += 1;
    return status;
  });
  while (refusals <= lists / 2 && answers + refusals < lists) await new Promise((resolve) => setTimeout(resolve, 5));
  const clicked = await send(world, click);
  const listsBefore = answers;
  await onClicked();
  const statuses = await Promise.all(asked);
  return {
    listsBefore,
    lists: statuses.filter((status) => status === 200).length,
    refused: statuses.filter((status) => status === 429).length,
    answer: clicked.body,
  };
}
