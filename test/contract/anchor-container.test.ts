import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { maxFileSize } from '../../src/audit/anchor/file-names.ts';
import { openAnchor } from '../../src/audit/anchor/read-anchor.ts';
import { anchorContainer } from '../../src/azure/anchor-container.ts';
import { type Cloud, openCloud } from '../../src/azure/clouds.ts';
import type { AnchorFiles, AnchorSource } from '../../src/domain/ports/published-log.ts';
import { bodiesOf, logKey, publisherOf } from '../support/audit/published-log.ts';
import { storageCredential as credential, startAzurite } from '../support/azure/azurite.ts';

/** The container that a log is published in, at Microsoft's emulator of storage. */

const azurite = await startAzurite();
if (azurite === null) process.stdout.write('not run: it needs Azurite, whose program CMK_AZURITE names\n');
const atAzurite = azurite === null ? describe.skip : describe;
afterAll(() => azurite?.stop());

const cloud = (): Cloud => ({
  ...openCloud({ name: 'public' }),
  blobSuffix: null,
  tls: { tlsOptions: { ca: azurite?.ca ?? '' } },
});

test.each(['public', 'usgovernment', 'china'] as const)('sends no token to a host that is not %s storage', (name) => {
  const elsewhere = () =>
    anchorContainer({
      url: 'https://blobs.example.org/anchor',
      cloud: openCloud({ name }),
      credential,
      maxSize: maxFileSize,
    });
  expect(elsewhere).toThrow('is no container of this cloud');
});

test('a container whose server is silent is given up at the limit of a call', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const files = anchorContainer({
    url: `https://127.0.0.1:${port}/anchor`,
    cloud: cloud(),
    credential,
    maxSize: maxFileSize,
    limitMs: 200,
  });
  for (const call of [
    () => files.read('checkpoint'),
    () => files.sizes(),
    () => files.write('checkpoint', Buffer.of(1)),
  ]) {
    await expect(call()).rejects.toThrow(`127.0.0.1:${port} didn’t answer within`);
  }
  silent.close();
});

atAzurite('a container', () => {
  let files: AnchorFiles & AnchorSource;
  beforeAll(() => {
    files = anchorContainer({ url: azurite?.container ?? '', cloud: cloud(), credential, maxSize: maxFileSize });
  });

  test('gives back what was written, and null where nothing was', async () => {
    expect(await files.read('checkpoints/1')).toBeNull();
    await files.write('checkpoints/1', Buffer.from('one\n'));
    await files.write('checkpoints/1', Buffer.from('another\n'));
    expect((await files.read('checkpoints/1'))?.toString()).toBe('another\n');
  });

  test('holds a log that is whole, over several tiles, published in steps', async () => {
    const all = bodiesOf(600);
    const record: string[] = [];
    const publisher = publisherOf(files, record);
    for (const size of [3, 256, 600]) {
      record.push(...all.slice(record.length, size));
      await publisher.publish();
    }
    await files.write('checkpoints/notes.txt', Buffer.from('of somebody else\n'));
    expect((await files.sizes()).toSorted((a, b) => a - b)).toEqual([1, 3, 256, 600]);
    const source = { read: files.read, sizes: async () => (await files.sizes()).filter((size) => size > 1) };
    const reader = await openAnchor(source, [logKey.verifier]);
    const found: string[] = [];
    for await (const body of reader.bodies()) found.push(body);
    expect(found).toEqual(all);
    expect(reader.findings).toEqual([]);
  });

  test('is read as far as a file of that name goes, and cut behind it', async () => {
    await files.write('checkpoints/9', Buffer.alloc(maxFileSize('checkpoints/9') + 1_000_000, 1));
    expect((await files.read('checkpoints/9'))?.length).toBe(maxFileSize('checkpoints/9') + 1);
  });
});
