import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { archiveOf, digestOf, type PackFiles, packFile } from '../../src/audit/evidence/make-pack.ts';
import { signingKey } from '../../src/audit/tlog/keys.ts';
import { cosignText } from '../../src/audit/tlog/note.ts';
import { type EvidenceWorld, logKey, logName } from '../support/audit/evidence-world.ts';
import { pythonJudge } from '../support/audit/outside-judges.ts';
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
import { inPython, verifyInPython } from '../support/audit/python-verifier.ts';
import { type Body, packOfRewritten } from '../support/audit/rewritten-log.ts';
import { takeEvidence } from '../support/audit/taken-evidence.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { people } from '../support/world/story.ts';

/** Packs that somebody changed, logs that their owner rewrote: what verify.py finds of it. */

let evidence: EvidenceWorld;
let id: string;
let files: PackFiles;
let other: PackFiles;
let bodies: readonly string[];
beforeAll(async () => {
  ({ evidence, id, files, other, bodies } = await takeEvidence());
}, 400_000);
afterAll(() => evidence.end());

const textIn = (name: string): string => files.get(name)?.toString('utf8') ?? '';

/** Of each change, whether it is found. */
async function judged(changes: readonly PackChange[]): Promise<readonly (readonly [what: string, isFound: boolean])[]> {
  const judge = await pythonJudge();
  if (judge === null) throw new Error('there is no Python here');
  const folder = path.join(evidence.folder, 'unpacked');
  const said = await judge(
    folder,
    evidence.keyFile,
    changes.map((change) => asChange(files, change)),
  );
  return changes.map(({ what }, at) => [what, said[at] !== 'ok']);
}

const verifyPack = (file: string, ...more: readonly string[]) =>
  verifyInPython(file, '--keys', evidence.keyFile, ...more);

const proved = [packFile.events, packFile.checkpoint, packFile.plan, packFile.rules];

describe('a pack that was changed', () => {
  it('as it lies there, is accepted', async () => {
    expect(await judged([{ what: 'nothing', files }])).toEqual([['nothing', false]]);
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
  ])('%s: found', async (_kind, changes) => {
    const verdicts = await judged(changes());
    expect(verdicts.length).toBeGreaterThan(0);
    expect(verdicts.filter(([, isFound]) => !isFound)).toEqual([]);
  });

  it('the report, names and words are believed, and the answer names them as not proved', async () => {
    const looked = await judged(forged(files, [packFile.report, packFile.readme, packFile.controls], 100_000));
    expect(looked.filter(([, isFound]) => isFound)).toEqual([]);
    const [, out] = verifyPack(path.join(evidence.folder, 'unpacked'));
    expect(out).toMatch(
      /not proved, only checked for damage: README\.txt, controls\.json, names\.json, .*report\.html/,
    );
  });

  it('the same events in a log of another key, or of a witness nobody knows, are of no log', async () => {
    const stranger = signingKey(logName, 'log', Buffer.alloc(32, 9));
    const theirs = await packOfRewritten(bodies, id, stranger, (body) => body);
    expect(await judged([{ what: 'another key', files: theirs }])).toEqual([['another key', true]]);
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
  it.each(rewritings)('%s: found', async (what, change) => {
    const forgery = await packOfRewritten(bodies, id, logKey, change);
    expect(await judged([{ what, files: forgery }])).toEqual([[what, true]]);
  });

  it('another approver in place of the true one, in every event: only a witness or a copy of the log shows it', async () => {
    const swap = (body: Body): Body =>
      JSON.parse(JSON.stringify(body).replaceAll(people.approver, people.secondApprover));
    const forgery = await packOfRewritten(bodies, id, logKey, swap);
    expect(await judged([{ what: 'swap', files: forgery }])).toEqual([['swap', false]]);
    const file = path.join(evidence.folder, 'forgery.zip');
    await writeFile(file, archiveOf(forgery));
    const [, out] = verifyPack(file);
    expect(out).toMatch(/^unknown: [\s\S]*NOT signed by witness\.example\/w1, whose key was given/);
    const anchor = path.join(evidence.world.dataDir, 'anchor');
    expect(verifyPack(file, '--later', anchor)).toEqual([1, expect.stringMatching(/^NOT proved: /), '']);
  });
});

it('the policy of a request is proved by its whole digest', () => {
  const [asked] = bodies.map((body) => JSON.parse(body)).filter(({ type }) => type === 'submitted');
  expect(asked.data.policy.digest).toBe(digestOf(files.get(packFile.rules) ?? Buffer.of()));
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
  const changed = (change: (bytes: Buffer) => Buffer): PackFiles => {
    const all = new Map([...files].map(([name, bytes]) => [name, isSigned(name) ? change(bytes) : bytes]));
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
  ])('%s is missed in a pack, unless a quorum of none was asked for', async (what, change) => {
    const file = path.join(evidence.folder, `${what}.zip`);
    await writeFile(file, archiveOf(changed(change)));
    expect(verifyPack(file)).toEqual([
      2,
      expect.stringMatching(/^unknown: [\s\S]*NOT signed by witness\.example\/w1/),
      '',
    ]);
    const without = await keysWith('quorum 0');
    expect(verifyInPython(file, '--keys', without)).toEqual([0, expect.stringMatching(/^proved: /), '']);
  });

  it('is missed under a published log by both verifiers, unless a quorum of none was asked for', async () => {
    const anchor = path.join(evidence.folder, 'unwitnessed');
    await cp(path.join(evidence.world.dataDir, 'anchor'), anchor, { recursive: true });
    const kept = (await readdir(path.join(anchor, 'checkpoints'))).map((name) => path.join('checkpoints', name));
    for (const name of ['checkpoint', ...kept]) {
      await writeFile(path.join(anchor, name), withoutWitness(await readFile(path.join(anchor, name))));
    }
    const answer = await cmkBot(['audit', 'verify', anchor, '--log-key', evidence.keyFile], {});
    expect([answer.code, answer.out]).toEqual([3, expect.stringContaining('NOT signed by witness.example/w1')]);
    expect(verifyPack(anchor)).toEqual([
      2,
      expect.stringMatching(/^unknown: [\s\S]*NOT signed by witness\.example\/w1/),
      '',
    ]);
    const without = await keysWith('quorum 0');
    expect(await cmkBot(['audit', 'verify', anchor, '--log-key', without], {})).toMatchObject({ code: 0 });
    expect(verifyInPython(anchor, '--keys', without)).toEqual([0, expect.stringMatching(/^proved: /), '']);
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

  it('is level L3, and stands in the report', async () => {
    const pack = await packOfRewritten(bodies, id, logKey, seen);
    const file = path.join(evidence.folder, 'seen.zip');
    await writeFile(file, archiveOf(pack));
    expect(verifyPack(file)[1]).toContain('level L3 (use observed)');
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

  it('has one time and one change in the answer, the report and the list of a period: of the first run', async () => {
    const change = (body: Body) =>
      body.type === 'succeeded' ? secondRun(body) : body.type === 'evidence-made' ? later(body, 60) : body;
    const retried = await packOfRewritten(bodies, id, logKey, change);
    const [file, keys] = ['retried.zip', 'log-key.txt'].map((name) => path.join(evidence.folder, name));
    if (file === undefined || keys === undefined) throw new Error('no paths');
    await writeFile(file, archiveOf(retried));
    await writeFile(keys, `${await readFile(evidence.keyFile, 'utf8')}quorum 0\n`);
    const [set] = own('step-done').filter(({ data }) => data.step === 'set-cmk');
    const python = verifyInPython(file, '--keys', keys);
    expect(python).toEqual([0, expect.stringContaining(`in kv-care-prod on ${set.time}\n`), '']);
    expect(python[1].match(/^ {2}changed at .* by set-cmk /gm)).toEqual([`  changed at ${set.time} by set-cmk `]);
    const report = retried.get(packFile.report)?.toString('utf8') ?? '';
    const [, changed] = report.split('What changed');
    expect(changed).toContain(set.correlationId);
    expect(changed).toMatch(/Key: Microsoft-managed → cmk-triage-agent, [^<]*<\/th><td>done/);
    const events = retried.get(packFile.events)?.toString('utf8').split('\n').slice(0, -1) ?? [];
    expect(
      inPython(
        'verify.key_since(given)',
        events.map((body) => JSON.parse(body)),
      ),
    ).toBe(set.time);
  });
});
