import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { openDocumentSeals, openRowSeals } from '../../../src/audit/audit-tools.ts';
import { sealKeyId } from '../../../src/audit/seals.ts';
import { keysOf } from '../../support/store/seal-keys.ts';

const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const document = { key: 'form/F-0000000000', writtenAt: new Date('2030-01-02T03:04:05.678Z'), text: '{"a":"\\n"}' };
const mac = (text: string) => createHmac('sha256', first).update(text, 'utf8').digest('hex');

describe('the seal of a document', () => {
  const seals = openDocumentSeals(keysOf([first]));

  it('is over label, key id, key, time and text, as it is documented', () => {
    const { sealKey, seal } = seals.seal(document);
    expect(sealKey).toBe(sealKeyId(first));
    const place = JSON.stringify([sealKey, document.key, '2030-01-02T03:04:05.678Z']);
    expect(seal).toBe(mac(`cmk-bot document seal 1\n${place}\n${document.text}`));
    expect(seals.faultOf(document, { sealKey, seal })).toBeNull();
  });

  it.each([
    ['another key', { key: 'form/F-0000000001' }],
    ['another time', { writtenAt: new Date('2030-01-02T03:04:05.679Z') }],
    ['another text', { text: '{}' }],
    ['a text that takes over from the key', { key: 'form/F-0000000000\n', text: document.text.slice(1) }],
  ])('is not good for %s', (_what, change) => {
    expect(seals.faultOf({ ...document, ...change }, seals.seal(document))).toBe('seal-differs');
  });

  it('of a key that was replaced counts no more than one of a key that is not known', () => {
    const both = openDocumentSeals(keysOf([first, second]));
    expect(both.faultOf(document, seals.seal(document))).toBe('seal-key-unknown');
    expect(both.seal(document).sealKey).toBe(sealKeyId(second));
    expect(seals.faultOf(document, both.seal(document))).toBe('seal-key-unknown');
    expect(seals.faultOf(document, { sealKey: sealKeyId(first), seal: '' })).toBe('seal-differs');
  });
});

describe('the seal of a row', () => {
  const seals = openRowSeals(keysOf([first]));
  const row = ['1', '29:1', null] as const;

  it('is over label, key id, table and values, as it is documented', () => {
    const keyId = sealKeyId(first);
    const seal = seals.seal('person', row);
    expect(seal).toBe(`${keyId}:${mac(`cmk-bot row seal 1\n${JSON.stringify([keyId, 'person', ...row])}`)}`);
    expect(seals.isGood('person', row, seal)).toBe(true);
  });

  it('is good for no other table, values, key or order', () => {
    const seal = seals.seal('person', row);
    for (const [table, values] of [
      ['shown', row],
      ['person', ['1', '29:1', '']],
      ['person', ['29:1', '1', null]],
      ['person', ['1', '29:1']],
    ] as const)
      expect(seals.isGood(table, values, seal)).toBe(false);
    expect(openRowSeals(keysOf([first, second])).isGood('person', row, seal)).toBe(false);
    for (const other of [null, '', ':', `${sealKeyId(first)}:`, seal.slice(0, -1), `${seal}0`])
      expect(seals.isGood('person', row, other)).toBe(false);
  });
});
