import { createPublicKey, verify } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { anchorFolder } from '../../src/audit/anchor/files.ts';
import { AnchorReader, isVaultSigned } from '../../src/audit/anchor/read-anchor.ts';
import { VaultCosigner } from '../../src/audit/anchor/vault-cosignature.ts';
import type { CosignOutcome } from '../../src/audit/anchor/witnesses.ts';
import { keyLine, readKeyLine, type VerifierKey } from '../../src/audit/tlog/keys.ts';
import { openCredential } from '../../src/azure/credential.ts';
import { vaultSigner } from '../../src/azure/vault-clients.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { bot, careId, customCloud, failureOf, got, tenantId } from '../contract/azure-setup.ts';
import { bodiesOf, bookInMemory, logKey, newFolder, publisherOf } from '../support/audit/published-log.ts';
import { all, type Change, letSignWith, onKey, rotate, scopes } from '../support/azure/azure-state.ts';
import { changeState, discard, http, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { owner as ownerClient } from '../support/azure/local-azure-names.ts';

/** A key of a vault that signs the published log: over HTTPS, with the client of Microsoft's that the bot uses. */

let azure: RunningAzure;
let untouched: unknown;
const folders: string[] = [];

beforeAll(async () => {
  azure = await startAzure();
  untouched = (await http(azure, 'GET', '/simulator/state')).body;
});
beforeEach(async () => {
  await http(azure, 'PUT', '/simulator/state', { body: untouched });
});
afterAll(async () => {
  await discard(azure);
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

const vault = 'kv-care-prod';
const keyName = 'curve-signing';
const addressOf = (name = keyName): string => `https://localhost:${azure.port + 1}/keys/${name}`;

const signer = (address = addressOf(), cloud = customCloud(azure)) =>
  vaultSigner(address, {
    kinds,
    cloud,
    credential: openCredential(
      { tenantId, clientId: bot.id, clientSecret: bot.secret, federatedTokenFile: null },
      customCloud(azure),
    ),
    subscriptions: [careId],
    limits: { firstRetryMs: 20, longestRetryMs: 100, retries: 1 },
  });

const letSign = (name = keyName): Change =>
  letSignWith(bot.id, (state) => `${scopes.vault(state, vault)}/keys/${name}`);

describe('a key in a vault', () => {
  test('signs for whoever has the role on it, as everybody can check with its public half', async () => {
    await changeState(azure, letSign());
    const message = Buffer.from('a checkpoint\n');
    const version = got(await signer().version());
    expect(version.id).toMatch(new RegExp(`^${addressOf()}/[0-9a-f]{32}$`));
    const key = createPublicKey({ key: version.publicKey, format: 'der', type: 'spki' });
    // Often enough for numbers that are shorter, and for those that begin with a one.
    for (let time = 0; time < 20; time += 1) {
      const signature = got(await signer().sign(version, message));
      expect(verify('sha256', message, { key, dsaEncoding: 'der' }, signature)).toBe(true);
      expect(verify('sha256', Buffer.from('another'), { key, dsaEncoding: 'der' }, signature)).toBe(false);
    }
  });

  test('signs with the version that is named, or with the newest', async () => {
    await changeState(azure, all(letSign(), rotate(vault, keyName)));
    const newest = got(await signer().version());
    expect(newest.id.endsWith('5e'.repeat(16))).toBe(true);
    const { body } = await http(azure, 'GET', '/simulator/state');
    const [{ version: older }] = body.vaults[0].keys.find(({ name }: { name: string }) => name === keyName).versions;
    expect(got(await signer(`${addressOf()}/${older}`).version()).id).toBe(`${addressOf()}/${older}`);
  });

  test('signs for nobody without the role, though the bot’s own lets it read keys', async () => {
    const version = got(await signer().version());
    expect(failureOf(await signer().sign(version, Buffer.from('x')))).toMatchObject({
      code: 'ForbiddenByRbac',
      message: expect.stringContaining("Action: 'Microsoft.KeyVault/vaults/keys/sign/action'"),
    });
  });

  test.each([
    ['is disabled', keyName, onKey(vault, keyName, (version) => Object.assign(version, { enabled: false }))],
    ['has ended', keyName, onKey(vault, keyName, (version) => Object.assign(version, { exp: 1 }))],
    ['may not sign', keyName, onKey(vault, keyName, (version) => Object.assign(version, { keyOps: ['verify'] }))],
  ])('does not sign where it %s', async (_, name, change) => {
    await changeState(azure, all(letSign(name), change));
    const version = got(await signer(addressOf(name)).version());
    const failure = failureOf(await signer(addressOf(name)).sign(version, Buffer.from('x')));
    expect(failure.source === 'bot' ? failure.found.code : failure.code).toMatch(/^Key|^key-not-usable$/);
  });

  test('has to be of the curve that verifiers know', async () => {
    await changeState(azure, letSign('signing-only'));
    expect(failureOf(await signer(addressOf('signing-only')).version())).toMatchObject({
      source: 'bot',
      found: { code: 'key-not-usable', message: 'it is of the kind RSA, and has to be EC P-256' },
    });
  });

  test('that is not there is told in the vault’s words, and no other host is asked', async () => {
    await changeState(azure, letSign('nothing'));
    expect(failureOf(await signer(addressOf('nothing')).version())).toMatchObject({ code: 'KeyNotFound' });
    const elsewhere = signer('https://keys.example.org/keys/log', {
      ...customCloud(azure),
      vaultSuffix: '.vault.azure.net',
    });
    expect(failureOf(await elsewhere.version())).toMatchObject({ found: { code: 'not-a-vault-address' } });
  });
});

describe('a log that is signed with it', () => {
  let book = bookInMemory();
  beforeEach(() => {
    book = bookInMemory();
  });
  let outcomes: readonly CosignOutcome[] = [];
  const line = (address = addressOf()): VaultCosigner =>
    new VaultCosigner({
      ...{ signer: signer(address), key: logKey, olderKeys: [], book },
      now: () => new Date('2026-11-26T08:00:00Z'),
    });
  const publisher = (at: string, bodies: readonly string[], vaultCosigner: VaultCosigner) =>
    publisherOf(anchorFolder(at), bodies, logKey, [], {
      vaultCosigner,
      onCosigned: (found) => {
        outcomes = found;
      },
    });
  const folder = async (): Promise<string> => {
    const made = await newFolder();
    folders.push(made);
    return made;
  };
  const text = async (at: string, name = 'checkpoint'): Promise<string> =>
    (await anchorFolder(at).read(name))?.toString('utf8') ?? '';
  const vaultKeys = async (at: string): Promise<readonly VerifierKey[]> =>
    (await text(at, 'keys.txt'))
      .split('\n')
      .map(readKeyLine)
      .filter((key) => typeof key !== 'string')
      .filter(({ kind }) => kind === 'vault');

  async function read(at: string, source = anchorFolder(at)) {
    const reader = await AnchorReader.open(source, [logKey.verifier, ...(await vaultKeys(at))]);
    for await (const _ of reader.bodies());
    const { findings, newest, vaultSigned, checkpoints } = reader;
    return { findings, newest: isVaultSigned(newest), vaultSigned, checkpoints };
  }

  test('has the second line in each checkpoint, and the log’s own key last among the keys', async () => {
    await changeState(azure, letSign());
    const at = await folder();
    const record = bodiesOf(3);
    const one = publisher(at, record, line());
    await one.publish();
    record.push(...bodiesOf(5).slice(3));
    await one.publish();
    expect(await read(at)).toEqual({ findings: [], newest: true, vaultSigned: 2, checkpoints: 2 });
    expect((await text(at)).split('\n').filter((part) => part.startsWith('—'))).toHaveLength(2);
    expect((await text(at, 'keys.txt')).split('\n')).toEqual([expect.any(String), keyLine(logKey.verifier), '']);
    expect(book.asked.at(-1)).toMatchObject({ key: addressOf(), size: 5, outcome: 'signed', detail: '' });
  });

  test('is not signed anew where it is signed, and goes on over a restart', async () => {
    await changeState(azure, letSign());
    const at = await folder();
    await publisher(at, bodiesOf(3), line()).publish();
    const before = await text(at);
    await publisher(at, bodiesOf(3), line()).publish();
    expect(await text(at)).toBe(before);
  });

  test('goes without it where the vault does not sign, keeps what was signed, and has it once the vault does', async () => {
    const at = await folder();
    const one = publisher(at, bodiesOf(3), line());
    await one.publish();
    const detail = expect.stringMatching(/^ForbiddenByRbac: /);
    expect(outcomes).toMatchObject([{ kind: 'refused', witness: addressOf(), detail }]);
    expect((await text(at)).split('\n').filter((part) => part.startsWith('—'))).toHaveLength(1);
    await changeState(azure, letSign());
    await one.publish();
    expect(await read(at)).toMatchObject({ newest: true, vaultSigned: 1 });
    const signed = await text(at);
    const nowhere = 'https://localhost:1/keys/log';
    await publisher(at, bodiesOf(3), line(nowhere)).publish();
    expect(outcomes).toMatchObject([{ kind: 'no-answer', witness: nowhere }]);
    expect(await text(at)).toBe(signed);
  });

  test('goes on under a newer version, and what the older one signed stays checkable', async () => {
    await changeState(azure, letSign());
    const at = await folder();
    await publisher(at, bodiesOf(3), line()).publish();
    await clientsOf(azure, ownerClient)
      .keys(`https://localhost:${azure.port + 1}`)
      .createEcKey(keyName, { curve: 'P-256', keyOps: ['sign', 'verify'] });
    await publisher(at, bodiesOf(4), line()).publish();
    expect(await vaultKeys(at)).toHaveLength(2);
    expect(await read(at)).toEqual({ findings: [], newest: true, vaultSigned: 2, checkpoints: 2 });
  });

  test('shows every byte of the line that was changed', async () => {
    await changeState(azure, letSign());
    const at = await folder();
    await publisher(at, bodiesOf(3), line()).publish();
    const files = anchorFolder(at);
    for (const name of ['checkpoint', 'checkpoints/3']) {
      const bytes = Buffer.from(await text(at, name));
      const start = bytes.lastIndexOf('—');
      for (let offset = start; offset < bytes.length; offset += 1) {
        const changed = Buffer.from(bytes);
        changed[offset] = (changed[offset] ?? 0) ^ (1 << (offset % 8));
        const source = { ...files, read: async (wanted: string) => (wanted === name ? changed : files.read(wanted)) };
        const found = await read(at, source).catch((error: Error) => error.message);
        expect(found).not.toEqual({ findings: [], newest: true, vaultSigned: 1, checkpoints: 1 });
      }
    }
  });
});
