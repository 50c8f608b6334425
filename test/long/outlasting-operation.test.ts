import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { packFile } from '../../src/audit/evidence/make-pack.ts';
import { type EvidenceWorld, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import { readPack } from '../support/audit/taken-evidence.ts';
import { cardText } from '../support/teams/local-teams.ts';
import {
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendOne,
  people,
  places,
  shows,
  until,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/** The bot is killed while Azure carries out its change of the key, and started before Azure is through. */

let evidence: EvidenceWorld;
beforeAll(async () => {
  evidence = await startEvidenceWorld();
});
afterAll(() => evidence?.end());

const keyBody = 'properties.keyVaultProperties';

/** The PATCH requests that set the key, from the given number of requests on. */
const keyWrites = async (from: number) =>
  (await evidence.world.azureRequests())
    .slice(from)
    .filter(({ method, body }) => method === 'PATCH' && JSON.stringify(body ?? '').includes('keyVaultProperties'));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('an operation that outlasts the bot', () => {
  test('is waited for, and the log says that the bot sent it: card, pack and verify.py agree', async () => {
    const { world } = evidence;
    const id = await ask(world, choices.first);
    const approval = await approvalCard(world, id);
    const from = (await world.azureRequests()).length;
    const match = { method: 'PATCH', url: `healthBots/${choices.first.agent}`, carries: keyBody };
    await faultAzure(world, { id: 'hold', match, operation: { takesMs: 'for-ever' } });
    await approve(world, people.approver, approval);
    await until(async () => (await keyWrites(from)).length > 0, 'the key to be sent');
    await world.endBot('SIGKILL');
    await world.startBot();
    // Longer than all attempts of a step together at this pace.
    await pause(8_000);
    await mendOne(world, 'hold');
    const card = await shows(world, places.operations, people.requester, id, /Succeeded/, 60_000);
    expect(cardText(card, { folded: true })).not.toContain('already so');
    expect(cardText(card, { folded: true })).toContain('Sent earlier, confirmed by reading');
    expect(await keyWrites(from)).toHaveLength(1);
    const pack = await evidence.take(id, 'outlasting.zip');
    const [code, said] = verifyInPython(pack, '--keys', evidence.keyFile);
    expect([code, said]).toEqual([0, expect.stringContaining('triage-agent-prod was put under cmk-triage-agent')]);
    expect(said).toMatch(/changed at \S+ by set-cmk \(event \d+\): put \S*triage-agent-prod under the key /);
    const files = await readPack(pack);
    const report = files.get('report.html')?.toString('utf8') ?? '';
    expect(report).not.toMatch(/already in this state|no change was needed/);
    expect(report).toContain('sent earlier, confirmed by reading');
    // The log names the first call as Azure's own log does.
    const lines = files.get(packFile.events)?.toString('utf8').split('\n') ?? [];
    const done = lines.find((line) => line.includes('"step-done"') && line.includes('"set-cmk"'));
    const [sent] = await keyWrites(from);
    expect(done).toContain(`"clientRequestId":"${sent?.clientRequestId}"`);
    const { findings, events } = await readRecord(world);
    await world.startBot();
    expect(findings).toEqual([]);
    expect(events(id).filter((event) => event.includes('set-cmk'))).toEqual([
      'step-intended set-cmk/1',
      'step-done set-cmk/1',
    ]);
  });
});
