/** A bot whose approvers are one group of so many people, all of whom Teams has named. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { approver, type LocalPerson, requester } from '../../src/local/people.ts';
import { changeState } from '../../test/support/local-azure.ts';
import { buttonData, choices } from '../../test/support/story.ts';
import { addAgents, agentName } from './agents.ts';
import { type Load, openLoad, wellSent } from './load.ts';
import { activityOf, type Ground, openGround } from './product.ts';

export const groupId = 'b0000000-0000-4000-8000-00000000000d';
const personId = (n: number): string => `51000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export interface Deciders {
  readonly ground: Ground;
  /** Opens a form for the nth agent on its review page; the click that submits it, which answers with the request's id. */
  fillForm(n: number): Promise<() => Promise<string>>;
  /** Waits until nobody is left to be shown or told anything. */
  allTold(): Promise<void>;
  look(request: string): Promise<void>;
  reject(request: string): Promise<void>;
  close(): Promise<void>;
}

async function people({ azure }: Ground, count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count - 1 }, (_, n) => personId(n + 1));
  await changeState(azure, (state) => {
    for (const id of ids)
      state.users.push({ id, displayName: `Decider ${id.slice(-5)}`, mail: `${id}@example.com`, userType: 'Member' });
    state.groups.push({ id: groupId, displayName: 'Deciders', memberIds: [approver.id, ...ids] });
  });
  return ids;
}

const knownToTeams = `insert into cmk.person (id, member_id, name)
  select id, '29:' || id, 'Decider ' || right(id, 5) from unnest($1::text[]) id`;

const click = (ground: Ground, person: LocalPerson, verb: string, data: object): object =>
  activityOf(ground.connector, person, {
    type: 'invoke',
    name: 'adaptiveCard/action',
    value: { action: { type: 'Action.Execute', verb, data } },
  });

async function idIn(load: Load, url: string, activity: object): Promise<string> {
  const { status, body } = await load.send(url, activity);
  const [id] = /CMK-[0-9A-Z]{6}/.exec(body) ?? [];
  if (status !== 200 || id === undefined || body.includes('form.submit'))
    throw new Error(`nothing was submitted: ${status} ${body.slice(0, 1_000)}`);
  return id;
}

export async function openDeciders(databaseUrl: string, count: number, agents: number): Promise<Deciders> {
  const ground = await openGround();
  await addAgents(ground.azure, agents);
  const ids = await people(ground, count);
  const bot = await ground.start(databaseUrl, { CMK_ANCHOR: 'none', CMK_APPROVERS: groupId });
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  await pool.query(knownToTeams, [ids]);
  const load = openLoad(1);
  const { vault, key } = choices.test;
  return {
    ground,
    async fillForm(n) {
      const text = `/enable-cmk resource=${agentName(n)} vault=${vault} key=${key}`;
      await wellSent(load, bot.url, activityOf(ground.connector, requester, { text }));
      const data = buttonData({ status: 200, body: JSON.parse(ground.connector.last()) }, 'form.submit');
      const inputs = { justification: 'Own keys before the audit', acknowledgeDataLoss: 'true' };
      return () => idIn(load, bot.url, click(ground, requester, 'form.submit', { ...data, ...inputs }));
    },
    async allTold() {
      // What goes into the audit channel waits five seconds for more.
      const due = "select 1 from cmk.outbox where kind in ('show', 'call') limit 1";
      while ((await pool.query(due)).rows.length > 0) await sleep(5);
    },
    look: (request) =>
      wellSent(load, bot.url, click(ground, approver, 'request.refresh', { requestId: request }), request),
    reject: (request) =>
      wellSent(
        load,
        bot.url,
        click(ground, approver, 'request.reject', { requestId: request, revision: 1, comment: 'no' }),
        'Rejected',
      ),
    async close() {
      load.close();
      await pool.end();
      await bot.end('SIGKILL');
      await ground.close();
    },
  };
}
