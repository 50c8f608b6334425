import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readEnvFile } from '../../../src/config/env-file.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-env-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string) {
  const file = path.join(folder, 'settings');
  writeFileSync(file, text);
  return readEnvFile(file);
}

it('reads comments, empty lines, quotes, values of several lines and other systems’ line ends', () => {
  const text = '\uFEFFA=1\r\n\r\n# B=2\r\n  export C=3\nD="one\ntwo" # three\nE=\'it"s\'\nF = 6 \nG=\nH=a=b';
  expect(read(text)).toEqual({ A: '1', C: '3', D: 'one\ntwo', E: 'it"s', F: '6', G: '', H: 'a=b' });
  expect(read('')).toEqual({});
});

it.each([
  ['a line without a sign', 'A=1\nCMK_PAUSE true\nB=2\n', 2],
  ['a name with a hyphen', 'CMK-PAUSE=true\n', 1],
  ['a value without a name', 'A=1\n\n=true\n', 3],
  ['a quote that is not closed', 'A=1\nB="two\nC=3\n', 2],
  ['a line behind a value of several lines', 'A="1\n2\n3"\nnonsense', 4],
])('names the line that is not a setting: %s', (_what, text, line) => {
  expect(() => read(text)).toThrow(
    `line ${line} of ${path.join(folder, 'settings')} isn’t a setting: write NAME=value`,
  );
});

it('names a file that cannot be read', () => {
  mkdirSync(path.join(folder, 'a-folder'));
  expect(() => readEnvFile(path.join(folder, 'a-folder'))).toThrow(/a-folder can’t be read: EISDIR/);
  expect(() => readEnvFile(path.join(folder, 'none'))).toThrow(/none can’t be read: ENOENT/);
});
