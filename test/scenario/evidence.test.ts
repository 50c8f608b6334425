import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requestersGroup } from '../../sandbox/people.ts';
import { archiveOf, digestOf, type PackFiles, packFile } from '../../src/audit/evidence/make-pack.ts';
import type { EvidenceWorld } from '../support/audit/evidence-world.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import type { Body } from '../support/audit/rewritten-log.ts';
import { readPack, takeEvidence } from '../support/audit/taken-evidence.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { chromiumPath } from '../support/browser/browser.ts';
import { print } from '../support/browser/printed-report.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import type { BotAnswer } from '../support/teams/local-teams.ts';
import { answered, buttonData, people, places, shows } from '../support/world/story.ts';

/** Evidence of real requests: what is in a pack, who can check it with what, and what of a changed one is found. */

const python = fileURLToPath(new URL('../../src/audit/outside/verify.py', import.meta.url));

let evidence: EvidenceWorld;
let id: string;
let pack: string;
let files: PackFiles;
let withTexts: PackFiles;
let other: PackFiles;
beforeAll(async () => {
  ({ evidence, id, pack, files, withTexts, other } = await takeEvidence());
}, 400_000);
afterAll(() => evidence.end());

const eventsIn = (of: PackFiles): readonly Body[] =>
  (of.get(packFile.events)?.toString('utf8') ?? '')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
const textIn = (name: string): string => files.get(name)?.toString('utf8') ?? '';

describe('a pack', () => {
  it('says by itself, to whoever has the log’s key, what came of the request', async () => {
    const [code, out] = verifyInPython(pack, '--keys', evidence.keyFile);
    expect(code).toBe(0);
    expect(out).toMatch(/^proved: \d+ events of CMK-/);
    expect(out).toContain(`requested by ${people.requester}, approved by ${people.approver}`);
    // Each change in words, with what was before.
    const changed = [...out.matchAll(/^ {2}changed at \S+ by (\S+) \(event \d+\): (.*)$/gm)];
    expect(changed.map(([, step, words]) => [step, words?.replaceAll(/\/subscriptions\S*\//g, '…/')])).toEqual([
      ['enable-identity', 'turned on the system-assigned identity of …/triage-agent-prod (before: none)'],
      [
        'grant-key-access',
        "assigned the role Key Vault Crypto Service Encryption User at …/cmk-triage-agent to the agent's identity (before: none)",
      ],
      ['protect-vault', 'turned on purge protection of …/kv-care-prod (before: off)'],
      [
        'set-cmk',
        expect.stringMatching(
          /^put …\/triage-agent-prod under the key cmk-triage-agent in \S+, version \w{32} \(before: no customer-managed key\)$/,
        ),
      ],
    ]);
    const [, no] = verifyInPython(path.join(evidence.folder, 'rejected.zip'), '--keys', evidence.keyFile);
    expect(no).toContain(`triage-agent-test was not changed: rejected by ${people.approver} at `);
    expect(no).toContain('2 texts that people wrote match the audit log');
  });

  it('says the same with nothing but Python’s standard library, unpacked and as it is', async () => {
    const folder = path.join(evidence.folder, 'unpacked');
    // Isolated: no package of the machine's is found, and nothing of the environment is read.
    for (const given of [pack, folder]) {
      const run = ['-I', python, given, '--keys', evidence.keyFile];
      const { stdout } = await promisify(execFile)('python3', run);
      expect(stdout).toMatch(/^proved: \d+ events of CMK-/);
      expect(stdout).toContain('triage-agent-prod was put under cmk-triage-agent in kv-care-prod on ');
      expect(stdout).toContain(`requested by ${people.requester}, approved by ${people.approver}`);
      expect(stdout).toContain('level L2 (key tested)');
      expect(stdout).toContain('witnessed by witness.example/w1');
    }
  });

  it('says what Azure Policy refused when the plan was made, in the event and in the report', () => {
    expect(textIn('report.html')).toContain('Guard, as read for the plan: doesn’t block changes outside the bot.');
    expect(textIn('events.jsonl')).toContain('"guard":"none"');
  });

  it('is itself an event of the record, with what Azure held at that moment', () => {
    const made: Body = JSON.parse(textIn(packFile.events).split('\n').at(-2) ?? '');
    expect(made).toMatchObject({
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

  it('names the software that took the request, let it run and took the evidence', () => {
    const named = eventsIn(files)
      .filter(({ data }: Body) => data.software !== undefined)
      .map(({ type }: Body) => type);
    expect(named).toEqual(['submitted', 'run-checked', 'evidence-made']);
    expect(textIn(packFile.report)).toMatch(/cmk-bot \d+\.\d+\.\d+/);
  });

  it('tells of every try, under the ids that Azure’s own log has', () => {
    const steps = eventsIn(files);
    const failed = steps.filter(({ type }: Body) => type === 'step-failed').map(({ data }: Body) => data.failure.code);
    expect([...new Set(failed)]).toEqual(['PrincipalNotFound', 'KeyVaultAccessForbidden']);
    // The report has one row for attempts that failed alike, the last.
    expect(failed.length).toBeGreaterThan(2);
    expect(textIn(packFile.report).match(/attempt \d+ failed/g)).toHaveLength(2);
    expect(
      steps.filter(({ type, correlationId }: Body) => type === 'step-done' && correlationId !== null).length,
    ).toBeGreaterThan(3);
  });

  it('holds nothing that people wrote, no secret and no address, without texts; else the reason', async () => {
    for (const [name, bytes] of files) {
      expect([name, /Own keys before the audit|@example|eyJ[\w-]{10,}\./.test(bytes.toString('latin1'))]).toEqual([
        name,
        false,
      ]);
    }
    expect(files.has(packFile.texts)).toBe(false);
    // No program either: whoever verifies has theirs from elsewhere.
    expect([...files.keys()].filter((name) => /\.(py|js|sh|exe)$/.test(name))).toEqual([]);
    expect(textIn(packFile.readme)).toContain(digestOf(await readFile(python)));
    expect(other.get(packFile.texts)?.toString('utf8')).toContain('Not this week');
    expect(other.get(packFile.texts)?.toString('utf8')).toContain('Own keys before the audit');
  });

  it('is made of names that the record does not have only where they may be', async () => {
    expect(JSON.parse(textIn(packFile.names))).toMatchObject({ [people.requester]: 'Requester' });
    const without = await readPack(await evidence.take(id, 'nameless.zip', '--without-names'));
    expect(without.has(packFile.names)).toBe(false);
    expect(without.get(packFile.report)?.toString('utf8')).not.toContain('Requester');
  });

  it('is of the same bytes however it is put together', async () => {
    expect(archiveOf(new Map([...files].reverse()))).toEqual(await readFile(pack));
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
      const report = of().get(packFile.report)?.toString('utf8') ?? '';
      await writeFile(file, report);
      const picture = name === 'succeeded' && process.env.UPDATE_PICTURES === '1' ? 'evidence' : null;
      const { pages, ...rest } = await print(chromium ?? '', file, picture);
      expect(rest).toEqual({ overhanging: [], asked: [] });
      for (const count of Object.values(pages)) expect(count).toBeLessThanOrEqual(3);
      expect(report).not.toMatch(/<script|\s(on\w+|src|href)=/);
    },
  );

  it('says what the events say, and which is which', () => {
    const words = textIn(packFile.report)
      .replaceAll(/<style>.*<\/style>|<[^>]+>/gs, ' ')
      .replaceAll(/\s+/g, ' ');
    for (const said of [
      'triage-agent-prod was put under key cmk-triage-agent in kv-care-prod on',
      'verification level L2 of L3',
      'PrincipalNotFound',
      'refused once',
      'Operator',
      '164.312(a)(2)(iv)',
      'Confirm the mapping',
      'CC8.1',
    ]) {
      expect(words).toContain(said);
    }
    expect(other.get(packFile.report)?.toString('utf8')).toContain('“Not this week”');
  });
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
    expect((await readPack(file)).get(packFile.texts)?.toString('utf8')).toContain('Own keys before the audit');
    const last: Body = JSON.parse(
      (await readPack(file)).get(packFile.events)?.toString('utf8').split('\n').at(-2) ?? '',
    );
    expect(last).toMatchObject({ type: 'evidence-made', actor: { kind: 'person', id: people.requester } });
    expect((await fetch(downloadIn(page))).status).toBe(410);
    expect((await fetch(url)).status).toBe(410);
  });

  it('gives nothing to somebody who may not look, whatever they click', async () => {
    const answer = await click(people.teamMember, await card());
    expect(urlIn(answer)).toBe('');
    expect(answered(answer)).toMatch(/not|ask an operator/i);
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

describe('what is said where a pack cannot be had or used', () => {
  it('a request that there is not', async () => {
    const said = await cmkBot(['evidence', 'CMK-ZZZZZZ'], evidence.world.settings);
    expect(said).toMatchObject({ code: 1, err: expect.stringMatching(/there is no request/i) });
  });

  it('keys from the pack itself prove nothing, and the answer says so', () => {
    expect(verifyInPython(pack)).toEqual([2, expect.stringMatching(/^unknown: /), '']);
  });

  it('a file that is cut off', async () => {
    const file = path.join(evidence.folder, 'cut.zip');
    await writeFile(file, (await readFile(pack)).subarray(0, 2000));
    expect(verifyInPython(file, '--keys', evidence.keyFile)).toEqual([2, expect.stringMatching(/^unknown: /), '']);
  });

  it('the verifier in the program: it names the one for packs', async () => {
    const said = await cmkBot(['audit', 'verify', pack], {});
    expect(said).toMatchObject({ code: 2, err: expect.stringContaining(`python3 verify.py ${pack} --keys`) });
  });
});
