import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { anchorFolder } from '../../src/audit/anchor/files.ts';
import { AnchorReader } from '../../src/audit/anchor/read-anchor.ts';
import { packEventsOf, reportFacts } from '../../src/audit/evidence/make-pack.ts';
import { reportOf } from '../../src/audit/evidence/report/report.ts';
import { archiveOf, digestOf, filesOf, type PackFiles, packFile } from '../../src/audit/pack/files.ts';
import { PackUnusable } from '../../src/audit/pack/pack-report.ts';
import { verifyPack } from '../../src/audit/pack/verify-pack.ts';
import { Population } from '../../src/audit/population.ts';
import { signingKey } from '../../src/audit/tlog/keys.ts';
import { cosignText } from '../../src/audit/tlog/note.ts';
import { parseEventBody } from '../../src/operations/registry.ts';
import { requestersGroup } from '../../src/sandbox/people.ts';
import { utcInWords } from '../../src/text/instants.ts';
import {
  type EvidenceWorld,
  logKey,
  logName,
  startEvidenceWorld,
  witnessKey,
} from '../support/audit/evidence-world.ts';
import { type Judge, pythonJudge, verifyPy } from '../support/audit/outside-judges.ts';
import {
  asChange,
  damagedAnywhere,
  eventsMoved,
  forged,
  type PackChange,
  swappedWith,
  takenAway,
  withSums,
} from '../support/audit/pack-changes.ts';
import { type Body, packOfRewritten } from '../support/audit/rewritten-log.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { chromiumPath } from '../support/browser/browser.ts';
import { print } from '../support/browser/printed-report.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import type { BotAnswer } from '../support/teams/local-teams.ts';
import {
  answered,
  approvalCard,
  approve,
  ask,
  buttonData,
  choices,
  people,
  places,
  shows,
} from '../support/world/story.ts';

/** Evidence of real requests: what is in a pack, who can check it with what, and what of a changed one is found. */

const python = fileURLToPath(new URL('../../src/audit/outside/verify.py', import.meta.url));
/** As a deployment names it. */
const image = `registry.example.org/cmk-bot@sha256:${'5'.repeat(64)}`;

let evidence: EvidenceWorld;
let id: string;
let rejected: string;
let pack: string;
let files: PackFiles;
let other: PackFiles;
let withTexts: PackFiles;
let bodies: readonly string[];

async function read(file: string): Promise<PackFiles> {
  const found = filesOf(await readFile(file));
  if (typeof found === 'string') throw new Error(found);
  return found;
}

const verify = (file: string, ...more: readonly string[]) =>
  cmkBot(['audit', 'verify', file, '--log-key', evidence.keyFile, ...more], {});

const textIn = (name: string): string => files.get(name)?.toString('utf8') ?? '';

beforeAll(async () => {
  evidence = await startEvidenceWorld({ record: 'folder', env: { CMK_IMAGE: image } });
  const { world } = evidence;
  rejected = await ask(world, choices.test);
  await world.teams.click(people.approver, (await approvalCard(world, rejected)).id, 'request.reject', {
    inputs: { comment: 'Not this week' },
  });
  id = await ask(world, choices.first);
  // So that Azure refuses twice before it does as it is asked.
  const names = ['identity-not-known-yet', 'operation-fails-key-kept'];
  await http(world.azure, 'POST', '/simulator/scenarios', { body: { names } });
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded|is under/);
  pack = await evidence.take(id, 'pack.zip', '--without-texts');
  files = await read(pack);
  other = await read(await evidence.take(rejected, 'rejected.zip'));
  for (const [name, bytes] of files) {
    const file = path.join(evidence.folder, 'unpacked', name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  const anchor = anchorFolder(path.join(world.dataDir, 'anchor'));
  const found: string[] = [];
  for await (const body of (await AnchorReader.open(anchor, [logKey.verifier])).bodies()) found.push(body);
  bodies = found;
  withTexts = await read(await evidence.take(id, 'with-texts.zip'));
  const keep = process.env.CMK_KEEP_EVIDENCE;
  if (keep !== undefined) {
    await writeFile(path.join(keep, 'pack.zip'), archiveOf(files));
    await writeFile(path.join(keep, 'rejected.zip'), archiveOf(other));
  }
}, 120_000);
afterAll(() => evidence.end());

describe('a pack', () => {
  it('says by itself, to whoever has the log’s key, what came of the request', async () => {
    const { code, out } = await verify(pack);
    expect(out).toMatch(/^verified: \d+ events of CMK-/);
    expect(out).toContain('triage-agent-prod is under key cmk-triage-agent in kv-care-prod since ');
    expect(out).toContain(
      `requested by ${people.requester}, approved by ${people.approver}; verification level L2 of L3`,
    );
    expect(out).toContain('Witnessed by witness.example/w1');
    expect(code).toBe(0);
    const no = await verify(path.join(evidence.folder, 'rejected.zip'));
    expect(no.out).toContain(
      `triage-agent-test was not changed: ${people.requester} requested it, ${people.approver} rejected it`,
    );
    expect(no.out).toContain('2 texts that people wrote match the audit log.');
  });

  it('says the same with nothing but Python’s standard library, unpacked and as it is', async () => {
    const folder = path.join(evidence.folder, 'unpacked');
    // Isolated: no package of the machine's is found, and nothing of the environment is read.
    for (const given of [pack, folder]) {
      const run = ['-I', python, given, '--keys', evidence.keyFile];
      const { stdout } = await promisify(execFile)('python3', run);
      expect(stdout).toMatch(/^proved: \d+ events of CMK-/);
      expect(stdout).toContain('triage-agent-prod is under cmk-triage-agent in kv-care-prod since ');
      expect(stdout).toContain(`requested by ${people.requester}, approved by ${people.approver}`);
      expect(stdout).toContain('level L2 (key tested)');
      expect(stdout).toContain('witnessed by witness.example/w1');
    }
  });

  it('says what Azure Policy refused when the plan was made, in the event and in the report', () => {
    expect(textIn('report.html')).toContain('Guard, as read for the plan: nothing stops a change outside the bot.');
    expect(textIn('events.jsonl')).toContain('"guard":{"anotherKey":"not-assigned"');
  });

  it('is compared with a copy of the log, which knows what was left out and what came later', async () => {
    const anchor = path.join(evidence.world.dataDir, 'anchor');
    expect((await verify(pack, '--anchor', anchor)).out).toContain('still holds them');
    await evidence.take(id, 'again.zip');
    const later = await verify(pack, '--anchor', anchor);
    expect(later).toMatchObject({ code: 0, out: expect.stringContaining('2 events of the request were added later') });
    const { stdout } = await promisify(execFile)('python3', [
      python,
      pack,
      '--keys',
      evidence.keyFile,
      '--later',
      anchor,
    ]);
    expect(stdout).toContain('still holds them; 2 events of the request were added later');
  });

  it('is itself an event of the record, with what Azure held at that moment', async () => {
    const { out } = await cmkBot(['requests', 'show', id], { CMK_DATA_DIR: evidence.world.dataDir });
    expect(out).toMatch(/created an evidence pack.*Azure showed key cmk-triage-agent/s);
    const made: Body = JSON.parse(textIn(packFile.events).split('\n').at(-2) ?? '');
    expect(made).toMatchObject({
      type: 'evidence-made',
      actor: { kind: 'operator' },
      data: {
        texts: false,
        software: { version: expect.stringMatching(/^\d+\.\d+\.\d+$/), image },
        reading: {
          resource: { seen: 'yes', value: { customerKey: { keyName: 'cmk-triage-agent' } } },
          vault: { seen: 'yes', value: { purgeProtection: true } },
          key: { seen: 'yes', value: { enabled: true } },
          grantHeld: { seen: 'yes', value: true },
        },
      },
    });
    expect(JSON.parse(textIn(packFile.change))).toMatchObject({ now: { event: made.seq } });
  });

  it('names the software that took the request, let it run and took the evidence', () => {
    const { events } = JSON.parse(textIn(packFile.decisions));
    const named = events.filter(({ data }: Body) => data.software?.image === image).map(({ type }: Body) => type);
    expect(named).toEqual(['submitted', 'run-checked', 'evidence-made']);
    expect(textIn(packFile.report)).toContain('image 55555555');
  });

  it('tells of every try, under the ids that Azure’s own log has', () => {
    const { steps } = JSON.parse(textIn(packFile.change));
    const failed = steps.filter(({ type }: Body) => type === 'step-failed').map(({ data }: Body) => data.failure.code);
    expect([...new Set(failed)]).toEqual(['PrincipalNotFound', 'KeyVaultAccessForbidden']);
    expect(
      steps.filter(({ type, correlationId }: Body) => type === 'step-done' && correlationId !== null).length,
    ).toBeGreaterThan(3);
  });

  it('holds nothing that people wrote, no secret and no address, without texts; else the reason', async () => {
    for (const [name, bytes] of files) {
      expect([name, /Own keys before the audit|@example|eyJ[A-Za-z0-9]/.test(bytes.toString('latin1'))]).toEqual([
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
    const without = await read(await evidence.take(id, 'nameless.zip', '--without-names'));
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
    'of a request that was %s prints to two pages on A4 and on US Letter, loads nothing, and holds no script',
    async (name, of) => {
      const file = path.join(evidence.folder, `${name}.html`);
      const report = of().get(packFile.report)?.toString('utf8') ?? '';
      await writeFile(file, report);
      const picture = name === 'succeeded' && process.env.UPDATE_PICTURES === '1' ? 'evidence' : null;
      expect(await print(chromium ?? '', file, picture)).toEqual({
        pages: { A4: 2, Letter: 2 },
        overhanging: [],
        asked: [],
      });
      expect(report).not.toMatch(/<script|\son\w+=|https?:\/\//);
    },
  );

  it('says what the events say, and which is which', () => {
    const words = textIn(packFile.report)
      .replaceAll(/<style>.*<\/style>|<[^>]+>/gs, ' ')
      .replaceAll(/\s+/g, ' ');
    for (const said of [
      'triage-agent-prod is under key cmk-triage-agent in kv-care-prod since',
      'verification level L2 of L3',
      'PrincipalNotFound',
      'refused once, KeyVaultAccessForbidden',
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

  it.each(['requester', 'approver'] as const)('gives the %s a link, which leads to the pack once', async (who) => {
    const at = await card();
    expect(JSON.stringify(at)).toContain('"request.evidence"');
    const answer = await click(people[who], at);
    const url = urlIn(answer);
    // The link works once: the card still offers another.
    expect(buttonData(answer, 'request.evidence')).toMatchObject({ requestId: id });
    const page = await (await fetch(url)).text();
    expect(page).toContain(`Evidence of ${id}`);
    const pack = await fetch(downloadIn(page));
    expect(pack.headers.get('content-disposition')).toBe(`attachment; filename="${id}.zip"`);
    const file = path.join(evidence.folder, `${who}.zip`);
    await writeFile(file, Buffer.from(await pack.arrayBuffer()));
    expect((await verify(file)).out).toMatch(/^verified: /);
    expect((await read(file)).get(packFile.texts)?.toString('utf8')).toContain('Own keys before the audit');
    const last: Body = JSON.parse((await read(file)).get(packFile.events)?.toString('utf8').split('\n').at(-2) ?? '');
    expect(last).toMatchObject({ type: 'evidence-made', actor: { kind: 'person', id: people[who] } });
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

/** By our verifier, as the command line judges. */
async function ours({ files: changed }: PackChange): Promise<string> {
  const keys = [logKey.verifier, witnessKey.verifier];
  const found = await verifyPack(changed, keys, parseEventBody).catch((error: unknown) => {
    if (error instanceof PackUnusable) return error.message;
    throw error;
  });
  if (typeof found === 'string') return found;
  const { findings, request, events } = found;
  if (findings[0] !== undefined || request === null) return findings[0]?.kind ?? 'unreadable';
  return reportOf(reportFacts(changed, request, events)) === changed.get(packFile.report)?.toString('utf8')
    ? 'ok'
    : 'report';
}

async function judged(
  changes: readonly PackChange[],
): Promise<readonly (readonly [what: string, ours: boolean, python: boolean])[]> {
  const judge: Judge | null = await pythonJudge();
  if (judge === null) throw new Error('there is no Python here');
  const folder = path.join(evidence.folder, 'unpacked');
  const theirs = await judge(
    folder,
    evidence.keyFile,
    changes.map((change) => asChange(files, change)),
  );
  const own = await Promise.all(changes.map(ours));
  return changes.map(({ what }, at) => [what, own[at] !== 'ok', theirs[at] !== 'ok']);
}

const proved = [
  packFile.events,
  packFile.checkpoint,
  packFile.plan,
  packFile.rules,
  packFile.decisions,
  packFile.change,
  packFile.proof,
  packFile.policy,
];

describe('a pack that was changed', () => {
  it('as it lies there, is accepted by both', async () => {
    expect(await judged([{ what: 'nothing', files }])).toEqual([['nothing', false, false]]);
  });

  it.each<readonly [kind: string, changes: () => PackChange[]]>([
    ['a bit anywhere in any file', () => damagedAnywhere(files)],
    ['any file taken away', () => takenAway(files)],
    ['a file put in', () => [{ what: 'more.txt', files: new Map([...files, ['more.txt', Buffer.from('more')]]) }]],
    ['what is proved, or follows from it, with the sums made anew', () => forged(files, proved, 409)],
    [
      'any proof, with the sums made anew',
      () =>
        forged(
          files,
          [...files.keys()].filter((name) => name.startsWith('proofs/')),
          211,
        ),
    ],
    ['an event left out, doubled or moved, with the sums made anew', () => eventsMoved(files)],
    [
      'files of another request’s pack in it',
      () => swappedWith(files, other, [...proved.filter((name) => name !== packFile.rules), packFile.texts]),
    ],
    [
      'an event of another request, with its own proof',
      () => {
        const [line = ''] = (other.get(packFile.events)?.toString('utf8') ?? '').split('\n');
        const name = 'proofs/0000000000.tlog-proof';
        const events = Buffer.from(`${line}\n${textIn(packFile.events)}`);
        return [
          {
            what: line.slice(0, 40),
            files: withSums(new Map([...files, [packFile.events, events], [name, other.get(name) ?? Buffer.of()]])),
          },
        ];
      },
    ],
  ])('%s: found by both verifiers', async (_kind, changes) => {
    const verdicts = await judged(changes());
    expect(verdicts.length).toBeGreaterThan(0);
    expect(verdicts.filter(([, own, theirs]) => !(own && theirs))).toEqual([]);
  });

  it('the report, with the sums made anew, is found by ours, which makes it anew; names and words are believed', async () => {
    const report = await judged(forged(files, [packFile.report], 997));
    expect(report.filter(([, own]) => !own)).toEqual([]);
    const looked = await judged(forged(files, [packFile.readme, packFile.controls], 100_000));
    expect(looked.map(([, own, theirs]) => [own, theirs])).toEqual(looked.map(() => [false, false]));
  });

  it('the same events in a log of another key, or of a witness nobody knows, are of no log', async () => {
    const stranger = signingKey(logName, 'log', Buffer.alloc(32, 9));
    const theirs = await packOfRewritten(bodies, id, stranger, (body) => body);
    expect(await judged([{ what: 'another key', files: theirs }])).toEqual([['another key', true, true]]);
  });
});

/** What the owner of log and key could sign: the signature holds, and the rules do not. */
const rewritings: readonly (readonly [what: string, change: (body: Body) => Body | null])[] = [
  [
    'approved by the one who asked',
    (body) => (body.type === 'approved' ? { ...body, actor: { ...body.actor, id: people.requester } } : body),
  ],
  ['no approval at all', (body) => (body.type === 'approved' ? null : body)],
  [
    'let go with nobody counted',
    (body) => (body.type === 'run-checked' ? { ...body, data: { ...body.data, counted: [] } } : body),
  ],
  ['never looked at again before the run', (body) => (body.type === 'run-checked' ? null : body)],
  ['another plan approved', (body) => (body.type === 'approved' ? { ...body, planDigest: 'd'.repeat(64) } : body)],
  [
    'another plan put under the digest',
    (body) =>
      body.type === 'submitted'
        ? { ...body, data: { ...body.data, plan: { ...body.data.plan, policyVersion: '00000000' } } }
        : body,
  ],
  [
    'success without its proofs',
    (body) => (body.type === 'succeeded' ? { ...body, data: { ...body.data, proofs: [] } } : body),
  ],
  [
    'success although the key was never set',
    (body) => (body.type === 'step-done' && body.data.step === 'set-cmk' ? null : body),
  ],
];

describe('a record that its owner rewrote and signed with the log’s own key', () => {
  it.each(rewritings)('%s: found by both verifiers', async (what, change) => {
    const forgery = await packOfRewritten(bodies, id, logKey, change);
    expect(await judged([{ what, files: forgery }])).toEqual([[what, true, true]]);
  });

  it('another approver in place of the true one, in every event: only a witness or a copy of the log shows it', async () => {
    const swap = (body: Body): Body =>
      JSON.parse(JSON.stringify(body).replaceAll(people.approver, people.secondApprover));
    const forgery = await packOfRewritten(bodies, id, logKey, swap);
    expect(await judged([{ what: 'swap', files: forgery }])).toEqual([['swap', false, false]]);
    const file = path.join(evidence.folder, 'forgery.zip');
    await writeFile(file, archiveOf(forgery));
    const { out } = await verify(file);
    expect(out).toMatch(/^incomplete: [\s\S]*NOT signed by witness\.example\/w1, whose key was given/);
    const anchor = path.join(evidence.world.dataDir, 'anchor');
    expect(await verify(file, '--anchor', anchor)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^integrity errors: /),
    });
  });
});

describe('the policy of a request', () => {
  const rules = JSON.stringify({ rules: [], otherwise: { approvers: ['everybody'] } });

  it('is proved by its whole digest, and by the first digits of it, as older events have them, not at all', async () => {
    const [asked] = bodies.map((body) => JSON.parse(body)).filter(({ type }) => type === 'submitted');
    expect(asked.data.policy.digest).toBe(digestOf(files.get(packFile.rules) ?? Buffer.of()));
    const short = (body: Body): Body => {
      if (body.type !== 'submitted') return body;
      const { digest: _, ...policy } = body.data.policy;
      return {
        ...body,
        data: { ...body.data, policy: { ...policy, version: digestOf(Buffer.from(rules)).slice(0, 8) } },
      };
    };
    const old = await packOfRewritten(bodies, id, logKey, short);
    const [file, keys] = ['old.zip', 'old-keys.txt'].map((name) => path.join(evidence.folder, name)) as [
      string,
      string,
    ];
    await writeFile(keys, `${await readFile(evidence.keyFile, 'utf8')}quorum 0\n`);
    const both = async (pack: PackFiles) => {
      await writeFile(file, archiveOf(pack));
      const ours = await cmkBot(['audit', 'verify', file, '--log-key', keys], {});
      return [[ours.code, ours.out], await verifyPy(file, '--keys', keys)];
    };
    expect(old.has(packFile.rules)).toBe(false);
    const proved = expect.stringMatching(/^(verified|proved): /);
    expect(await both(old)).toEqual([
      [0, proved],
      [0, proved],
    ]);
    const weak = expect.stringMatching(/^(incomplete|unknown): [\s\S]*NOT proved: rules\.json\. [\s\S]*first 8 digits/);
    const all = new Map([...old, [packFile.rules as string, Buffer.from(rules)]]);
    const { request, events } = packEventsOf(
      (old.get(packFile.events)?.toString('utf8') ?? '').split('\n').slice(0, -1),
      [],
    );
    all.set(packFile.report, Buffer.from(reportOf(reportFacts(all, request, events))));
    expect(await both(withSums(all))).toEqual([
      [3, weak],
      [2, weak],
    ]);
  });
});

describe('a witness whose key is given', () => {
  const withoutWitness = (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString('utf8').replaceAll(/^\u2014 witness\.example\/w1 .*\n/gm, ''));
  /** One for all files, in seconds. */
  const signedAt = Math.floor(Date.now() / 1_000);
  const byStranger = (bytes: Buffer): Buffer => {
    const text = bytes.toString('utf8').split(/(?<=\n)\n(?=\u2014)/)[0] ?? '';
    const stranger = signingKey('witness.example/w1', 'witness', Buffer.alloc(32, 8));
    const body = text.slice(text.lastIndexOf(logName));
    const own = cosignText(body, stranger, signedAt);
    return Buffer.from(bytes.toString('utf8').replaceAll(/^\u2014 witness\.example\/w1 .*\n/gm, own));
  };
  const isSigned = (name: string): boolean => name === packFile.checkpoint || name.startsWith('proofs/');
  /** With a report that says the same, as a forger makes it. */
  const changed = (change: (bytes: Buffer) => Buffer): PackFiles => {
    const all = new Map([...files].map(([name, bytes]) => [name, isSigned(name) ? change(bytes) : bytes]));
    const { request, events } = packEventsOf(textIn(packFile.events).split('\n').slice(0, -1), []);
    all.set(packFile.report, Buffer.from(reportOf(reportFacts(all, request, events))));
    return withSums(all);
  };
  const keysWith = async (line: string): Promise<string> => {
    const file = path.join(evidence.folder, 'keys-with-quorum.txt');
    await writeFile(file, `${await readFile(evidence.keyFile, 'utf8')}${line}\n`);
    return file;
  };

  it.each<readonly [what: string, change: (bytes: Buffer) => Buffer]>([
    ['whose signature was taken away', withoutWitness],
    ['in whose place another one of that name signed', byStranger],
  ])('%s is missed in a pack by both verifiers, unless a quorum of none was asked for', async (what, change) => {
    const file = path.join(evidence.folder, `${what}.zip`);
    await writeFile(file, archiveOf(changed(change)));
    const answer = await verify(file);
    expect(answer).toMatchObject({ code: 3, out: expect.stringMatching(/^incomplete: /) });
    expect(answer.out).toContain('NOT signed by witness.example/w1, whose key was given');
    const python = await verifyPy(file, '--keys', evidence.keyFile);
    expect(python).toEqual([2, expect.stringMatching(/^unknown: [\s\S]*NOT signed by witness\.example\/w1/)]);
    const without = await keysWith('quorum 0');
    expect(await cmkBot(['audit', 'verify', file, '--log-key', without], {})).toMatchObject({
      code: 0,
      out: expect.stringContaining('Not signed by witness.example/w1.'),
    });
    expect(await verifyPy(file, '--keys', without)).toEqual([0, expect.stringMatching(/^proved: /)]);
  });

  it('is missed under a published log by both verifiers, unless a quorum of none was asked for', async () => {
    const anchor = path.join(evidence.folder, 'unwitnessed');
    await cp(path.join(evidence.world.dataDir, 'anchor'), anchor, { recursive: true });
    const kept = (await readdir(path.join(anchor, 'checkpoints'))).map((name) => path.join('checkpoints', name));
    for (const name of ['checkpoint', ...kept]) {
      await writeFile(path.join(anchor, name), withoutWitness(await readFile(path.join(anchor, name))));
    }
    const answer = await verify(anchor);
    expect([answer.code, answer.out]).toEqual([3, expect.stringContaining('NOT signed by witness.example/w1')]);
    expect(await verifyPy(anchor, '--keys', evidence.keyFile)).toEqual([
      2,
      expect.stringMatching(/^unknown: [\s\S]*NOT signed by witness\.example\/w1/),
    ]);
    const without = await keysWith('quorum 0');
    expect(await cmkBot(['audit', 'verify', anchor, '--log-key', without], {})).toMatchObject({ code: 0 });
    expect(await verifyPy(anchor, '--keys', without)).toEqual([0, expect.stringMatching(/^proved: /)]);
  });
});

describe('a use of the key that was seen later', () => {
  const answer = {
    outcome: 'used',
    at: new Date().toISOString(),
    operation: 'KeyUnwrap',
    knownBy: 'object-id',
    allowedBy: { by: 'role-assignment', id: 'b1d0f6c4-7a52-4c39-9a0e-2f4d8e61c7a5', ours: true },
  };

  /** As the bot would have recorded it, before evidence was taken. */
  const seen = (body: Body): Body => {
    const [from] = bodies.map((one) => JSON.parse(one)).filter(({ type }) => type === 'succeeded');
    const seeks = { since: from.time, until: '2100-01-01T00:00:00.000Z' };
    if (body.type === 'succeeded') return { ...body, data: { ...body.data, seeks } };
    if (body.type !== 'evidence-made') return body;
    const bot = { kind: 'bot', id: null, tenantId: null, signIn: null };
    const { run } = from.data;
    const use = { ...answer, at: body.time };
    const judged = { ...body, type: 'use-judged', actor: bot, submittedBy: null, result: 'used' };
    return [{ ...judged, data: { run, answer: use } }, body];
  };

  it('is level L3 to both verifiers, and stands in the report', async () => {
    const pack = await packOfRewritten(bodies, id, logKey, seen);
    expect(await judged([{ what: 'seen', files: pack }])).toEqual([['seen', false, false]]);
    expect(JSON.parse(pack.get(packFile.proof)?.toString('utf8') ?? '')).toMatchObject({ level: 'use-seen' });
    const report = pack.get(packFile.report)?.toString('utf8');
    expect(report).toContain('L3 use observed');
    expect(report).toContain('L3 of L3');
    expect(report).toContain('b1d0f6c4-7a52-4c39-9a0e-2f4d8e61c7a5, which the bot created.');
  });
});

describe('a run that was stopped after its last change, and retried', () => {
  const later = (body: Body, seconds: number): Body => ({
    ...body,
    time: new Date(Date.parse(body.time) + seconds * 1000).toISOString(),
  });
  const bot = { kind: 'bot', id: null, tenantId: null, signIn: null };
  const operator = { kind: 'operator', id: 'night', tenantId: null, signIn: null };
  const own = (type: string): Body[] =>
    bodies.map((body) => JSON.parse(body)).filter((body) => body.request === id && body.type === type);

  /** The second run finds every step done, half a minute later. */
  function secondRun(success: Body): Body[] {
    const again = (type: string, actor: Body, data: Body): Body => ({
      ...later(success, 30),
      ...{ type, actor, data, result: type, changes: null, planDigest: success.planDigest },
    });
    const found = { code: 'stopped', by: null, operator: 'night' };
    const failure = { source: 'bot', next: 'ask', doing: 'running the plan', found };
    const { time } = later(success, 30);
    const [checked] = own('run-checked');
    const steps = own('step-done').flatMap((done) => {
      const [intended] = own('step-intended').filter(({ data }) => data.step === done.data.step);
      const data = { run: 2, attempt: 1 };
      return [
        { ...intended, time, data: { ...intended.data, ...data } },
        { ...done, time, correlationId: null, data: { ...done.data, ...data, already: true } },
      ];
    });
    return [
      again('stop-requested', operator, { run: 1 }),
      again('attention-needed', bot, { run: 1, step: 'verify', failure }),
      again('retried', operator, {}),
      again('run-ordered', bot, { run: 2 }),
      { ...checked, time, data: { ...checked.data, run: 2 } },
      ...steps,
      { ...success, time, data: { ...success.data, run: 2 } },
    ];
  }

  it('has one “since” and one change to both verifiers, the report and the list of a period: of the first run', async () => {
    const change = (body: Body) =>
      body.type === 'succeeded' ? secondRun(body) : body.type === 'evidence-made' ? later(body, 60) : body;
    const retried = await packOfRewritten(bodies, id, logKey, change);
    const [file, keys] = ['retried.zip', 'log-key.txt'].map((name) => path.join(evidence.folder, name));
    if (file === undefined || keys === undefined) throw new Error('no paths');
    await writeFile(file, archiveOf(retried));
    await writeFile(keys, `${await readFile(evidence.keyFile, 'utf8')}quorum 0\n`);
    const [set] = own('step-done').filter(({ data }) => data.step === 'set-cmk');
    const ours = await cmkBot(['audit', 'verify', file, '--log-key', keys], {});
    expect(ours.out).toContain(`in kv-care-prod since ${utcInWords(set.time)};`);
    const python = await verifyPy(file, '--keys', keys);
    expect(python).toEqual([0, expect.stringContaining(`in kv-care-prod since ${set.time}\n`)]);
    const report = retried.get(packFile.report)?.toString('utf8') ?? '';
    const [, changed] = report.split('What changed');
    expect(changed).toContain(set.correlationId);
    expect(changed).not.toContain('already in this state');
    expect(report).toContain('Key on the agent: done at');
    const list = new Population({ from: '2020-01-01', to: '2099-12-31' }, parseEventBody);
    for (const body of retried.get(packFile.events)?.toString('utf8').split('\n').slice(0, -1) ?? []) list.add(body);
    expect(list.table({ origin: '', size: 0, root: Buffer.of() })).toContain(`"${set.time}","${people.approver}"`);
  });
});

describe('what is said where a pack cannot be had or used', () => {
  it.each([
    ['a request that there is not', ['evidence', 'CMK-ZZZZZZ'], 1, 'there is no request'],
    ['no request at all', ['evidence'], 2, 'ID: is missing'],
  ])('%s', async (_what, args, code, words) => {
    const said = await cmkBot(args, { CMK_DATA_DIR: evidence.world.dataDir });
    expect({ code: said.code, told: said.err.toLowerCase() }).toEqual({
      code,
      told: expect.stringContaining(words.toLowerCase()),
    });
  });

  it('keys from the pack itself prove nothing, and the answer says so', async () => {
    const { code, out } = await cmkBot(['audit', 'verify', pack], {});
    expect(out).toMatch(/^incomplete: /);
    expect(code).toBe(3);
  });

  it('a file that is cut off', async () => {
    const file = path.join(evidence.folder, 'cut.zip');
    await writeFile(file, (await readFile(pack)).subarray(0, 2000));
    expect(await verify(file)).toMatchObject({ code: 2, err: expect.stringContaining('it is cut off, or no zip') });
  });

  it('no bot to publish', async () => {
    await evidence.world.endBot('SIGINT');
    const said = await cmkBot(['evidence', id, '-o', path.join(evidence.folder, 'x.zip')], {
      CMK_DATA_DIR: evidence.world.dataDir,
    });
    expect(said).toMatchObject({ code: 2, err: expect.stringContaining('no bot runs on') });
  });
});
