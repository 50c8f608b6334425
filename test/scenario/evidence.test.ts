import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { operator, requestersGroup } from '../../sandbox/people.ts';
import { digestOf, type PackFiles, packFile } from '../../src/audit/evidence/pack-files.ts';
import { type EvidenceWorld, readPack, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import type { Body } from '../support/audit/packs.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { chromiumPath } from '../support/browser/browser.ts';
import { print } from '../support/browser/printed-report.ts';
import type { BotAnswer } from '../support/teams/local-teams.ts';
import {
  approvalCard,
  approve,
  ask,
  buttonData,
  choices,
  people,
  places,
  shows,
  type,
} from '../support/world/story.ts';

/** Evidence of a request that succeeded after a withdrawn approval and an operator's retry, and of one that was rejected. Forgeries: unit/audit/verify-py-packs. */

const python = fileURLToPath(new URL('../../src/audit/outside/verify.py', import.meta.url));

let evidence: EvidenceWorld;
let id: string;
/** Without texts. */
let pack: string;
let files: PackFiles;
let withTexts: PackFiles;
let other: PackFiles;
beforeAll(async () => {
  evidence = await startEvidenceWorld({ env: { CMK_OPERATORS: operator.id, CMK_APPROVALS_REQUIRED: '2' } });
  const { world } = evidence;
  const rejected = await ask(world, choices.test);
  await world.teams.click(people.approver, (await approvalCard(world, rejected)).id, 'request.reject', {
    inputs: { comment: 'Not this week' },
  });
  id = await ask(world, choices.first);
  const names = ['identity-not-known-yet', 'operation-fails-key-kept', 'role-assignment-refused'];
  await http(world.azure, 'POST', '/simulator/scenarios', { body: { names } });
  const asked = await approvalCard(world, id);
  await approve(world, people.approver, asked);
  await world.teams.click(people.approver, asked.id, 'request.withdraw');
  await approve(world, people.approver, asked);
  await approve(world, people.secondApprover, asked);
  await shows(world, places.operations, people.requester, id, /Needs attention/);
  // An operator, who isn't an approver, opens the card in her chat and retries: it stays the card of this request.
  const chat = `a:${operator.id}`;
  const list = await type(world, operator.id, '/cmk-requests', chat);
  await world.teams.click(operator.id, list.id, 'list.open', { data: { requestId: id } });
  const hers = await shows(world, chat, operator.id, id, /\[Retry\]/);
  await http(world.azure, 'DELETE', '/simulator/scenarios?name=role-assignment-refused');
  await world.teams.click(operator.id, hers.id, 'request.retry');
  await shows(world, chat, operator.id, id, /Succeeded|is under/);
  await shows(world, places.operations, people.requester, id, /Succeeded|is under/);
  pack = await evidence.take(id, 'pack.zip', '--without-texts');
  files = await readPack(pack);
  other = await readPack(await evidence.take(rejected, 'rejected.zip'));
  withTexts = await readPack(await evidence.take(id, 'with-texts.zip', '--without-names'));
});
afterAll(() => evidence.end());

const textIn = (name: string, of = files): string => of.get(name)?.toString('utf8') ?? '';
const eventsIn = (of: PackFiles): readonly Body[] =>
  textIn(packFile.events, of)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe('a pack', () => {
  it('says what came of the request to whoever has the log’s key and Python’s standard library', async () => {
    // Isolated: no package of the machine's is found, and nothing of the environment is read.
    const { stdout } = await promisify(execFile)('python3', ['-I', python, pack, '--keys', evidence.keyFile]);
    for (const words of [
      'proved: ',
      'triage-agent-prod was put under cmk-triage-agent in kv-care-prod on ',
      `requested by ${people.requester}, approved by ${people.approver} and ${people.secondApprover}`,
      'level L2 (key tested)',
      'witnessed by witness.example/w1',
    ])
      expect(stdout).toContain(words);
    // Each change in words, with what was before.
    const changed = [...stdout.matchAll(/^ {2}changed at \S+ by (\S+) \(event \d+\): (.*)$/gm)];
    expect(changed.map(([, step, words]) => [step, words?.replaceAll(/\/subscriptions\S*\//g, '…/')])).toEqual([
      ['enable-identity', 'turned on the system-assigned identity of …/triage-agent-prod (before: none)'],
      [
        'grant-key-access',
        "assigned the role Key Vault Crypto Service Encryption User at …/cmk-triage-agent to the resource's identity (before: none)",
      ],
      ['protect-vault', 'turned on purge protection of …/kv-care-prod (before: off)'],
      [
        'set-cmk',
        expect.stringMatching(
          /^put …\/triage-agent-prod under the key cmk-triage-agent in \S+, version \w{32} \(before: no customer-managed key\)$/,
        ),
      ],
    ]);
  });

  it('has the withdrawn approval, and the retry by an operator who is no approver', () => {
    const who = (type: string) => eventsIn(files).flatMap((one) => (one.type === type ? one.actor.id : []));
    expect(who('approval-withdrawn')).toEqual([people.approver]);
    expect(who('retried')).toEqual([operator.id]);
  });

  it('is itself an event of the record, with what Azure held at that moment', () => {
    expect(eventsIn(files).at(-1)).toMatchObject({
      type: 'evidence-made',
      actor: { kind: 'operator' },
      data: {
        texts: false,
        software: { version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
        reading: {
          resource: { seen: 'yes', value: { customerKey: { keyName: 'cmk-triage-agent' } } },
          vault: { seen: 'yes', value: { purgeProtection: true } },
          key: { seen: 'yes', value: { enabled: true } },
          grantHeld: { seen: 'yes', value: true },
        },
      },
    });
  });

  it('holds no secret, no address and no program, and texts and names only where they are wanted', async () => {
    const said = /Own keys before the audit|@example|eyJ[\w-]{10,}\./;
    expect([...files].flatMap(([name, bytes]) => (said.test(bytes.toString('latin1')) ? name : []))).toEqual([]);
    expect(files.has(packFile.texts)).toBe(false);
    expect(textIn(packFile.readme)).toContain(digestOf(await readFile(python)));
    for (const words of ['Not this week', 'Own keys before the audit'])
      expect(textIn(packFile.texts, other)).toContain(words);
    expect(JSON.parse(textIn(packFile.names))).toMatchObject({ [people.requester]: 'Ana' });
    expect(withTexts.has(packFile.names)).toBe(false);
    expect(textIn(packFile.report, withTexts)).not.toMatch(/\bAna\b/);
  });
});

/** Printed, for whoever puts it into a folder. */
const chromium = await chromiumPath();
const inBrowser = chromium === null ? describe.skip : describe;

inBrowser('the report', () => {
  it.each<readonly [string, () => PackFiles]>([
    ['succeeded', () => files],
    ['succeeded, with the reason', () => withTexts],
    ['rejected', () => other],
  ])(
    'of a request that was %s prints to few pages on A4 and on US Letter, loads nothing, and holds no script',
    async (name, of) => {
      const file = path.join(evidence.folder, `${name}.html`);
      const report = textIn(packFile.report, of());
      await writeFile(file, report);
      const picture = name === 'succeeded' && process.env.UPDATE_PICTURES === '1' ? 'evidence' : null;
      const { pages, ...rest } = await print(chromium ?? '', file, picture);
      expect(rest).toEqual({ overhanging: [], asked: [] });
      for (const count of Object.values(pages)) expect(count).toBeLessThanOrEqual(3);
      expect(report).not.toMatch(/<script|\s(on\w+|src|href)=/);
    },
  );
});

describe('the button on the card', () => {
  const click = (person: string, card: { readonly id: string }, requestId = id) =>
    evidence.world.teams.click(person, card.id, 'request.evidence', { data: { requestId, revision: 1 } });
  const urlIn = (answer: BotAnswer): string =>
    /"url":"(http[^"]*\/evidence\?ask=[^"]+)"/.exec(JSON.stringify(answer.body))?.[1] ?? '';
  const downloadIn = (page: string): string => /class="button" href="([^"]+)"/.exec(page)?.[1] ?? '';
  const card = () => shows(evidence.world, places.operations, people.requester, id, /Succeeded/);

  it('gives a link, which leads to the pack once', async () => {
    const at = await card();
    expect(JSON.stringify(at)).toContain('"request.evidence"');
    const answer = await click(people.requester, at);
    const url = urlIn(answer);
    // The link works once: the card still offers another.
    expect(buttonData(answer, 'request.evidence')).toMatchObject({ requestId: id });
    const page = await (await fetch(url)).text();
    expect(page).toContain(`Evidence of ${id}`);
    const pack = await fetch(downloadIn(page));
    expect(pack.headers.get('content-disposition')).toBe(`attachment; filename="${id}.zip"`);
    const file = path.join(evidence.folder, 'downloaded.zip');
    await writeFile(file, Buffer.from(await pack.arrayBuffer()));
    expect(verifyInPython(file, '--keys', evidence.keyFile)).toEqual([0, expect.stringMatching(/^proved: /), '']);
    const downloaded = await readPack(file);
    expect(textIn(packFile.texts, downloaded)).toContain('Own keys before the audit');
    expect(eventsIn(downloaded).at(-1)).toMatchObject({
      type: 'evidence-made',
      actor: { kind: 'person', id: people.requester },
    });
    expect((await fetch(downloadIn(page))).status).toBe(410);
    expect((await fetch(url)).status).toBe(410);
  });

  it('gives nothing for a link that was made up, or to somebody who lost their role since', async () => {
    const made = `${evidence.world.botUrl.replace(/\/api\/messages$/, '')}/evidence/pack?ask=${'a'.repeat(43)}`;
    expect((await fetch(made)).status).toBe(410);
    const url = urlIn(await click(people.requester, await card()));
    const page = await (await fetch(url)).text();
    const members = (...ids: readonly string[]) =>
      changeState(evidence.world.azure, (state) => {
        for (const group of state.groups.filter((one: { id: string }) => one.id === requestersGroup.id))
          group.memberIds = [...ids];
      });
    await members(people.approver);
    expect((await fetch(downloadIn(page))).status).toBe(403);
    await members(people.approver, people.requester);
    expect((await fetch(downloadIn(page))).status).toBe(200);
  });
});
