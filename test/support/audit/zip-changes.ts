/** Zips of an evidence pack that hold its files and something else besides, or the same in another way. */
import { zipSync } from 'fflate';
import { archiveOf, type PackFiles } from '../../../src/audit/evidence/make-pack.ts';
import { withSums } from './pack-changes.ts';

export interface ZipChange {
  readonly what: string;
  readonly archive: Buffer;
}

const localHeader = Buffer.from('PK\u0003\u0004', 'latin1');
const directoryHeader = Buffer.from('PK\u0001\u0002', 'latin1');
const end = Buffer.from('PK\u0005\u0006', 'latin1');
const pastBytes = 42;

function written(archive: Buffer, offset: number, bytes: string | Buffer): Buffer {
  const copy = Buffer.from(archive);
  Buffer.from(bytes as string).copy(copy, offset);
  return copy;
}

/** With one more entry in its directory, for the bytes of the first file. */
function aliased(archive: Buffer, name: string): Buffer {
  const at = archive.lastIndexOf(end);
  const directory = archive.readUInt32LE(at + 16);
  const first = Buffer.from(archive.subarray(directory, directory + 46));
  first.writeUInt16LE(Buffer.byteLength(name), 28);
  first.writeUInt32LE(0, pastBytes);
  const entry = Buffer.concat([first, Buffer.from(name)]);
  const tail = Buffer.from(archive.subarray(at));
  for (const offset of [8, 10]) tail.writeUInt16LE(tail.readUInt16LE(offset) + 1, offset);
  tail.writeUInt32LE(tail.readUInt32LE(12) + entry.length, 12);
  return Buffer.concat([archive.subarray(0, at), entry, tail]);
}

/** The same archive behind other bytes, with offsets that fit: a polyglot. */
function behind(archive: Buffer, before: Buffer): Buffer {
  const copy = Buffer.from(archive);
  const at = copy.lastIndexOf(end);
  let entry = copy.readUInt32LE(at + 16);
  while (copy.subarray(entry, entry + 4).equals(directoryHeader)) {
    copy.writeUInt32LE(copy.readUInt32LE(entry + pastBytes) + before.length, entry + pastBytes);
    entry += 46 + copy.readUInt16LE(entry + 28);
  }
  copy.writeUInt32LE(copy.readUInt32LE(at + 16) + before.length, at + 16);
  return Buffer.concat([before, copy]);
}

function commented(archive: Buffer, comment: string): Buffer {
  const copy = Buffer.from(archive);
  copy.writeUInt16LE(comment.length, copy.length - 2);
  return Buffer.concat([copy, Buffer.from(comment)]);
}

const withFile = (files: PackFiles, name: string, text = '<p>Approved by the auditor</p>'): Buffer =>
  archiveOf(withSums(new Map([...files, [name, Buffer.from(text)]])));

export function zipChanges(files: PackFiles): readonly ZipChange[] {
  const archive = archiveOf(files);
  const report = archive.indexOf('report.html', archive.indexOf(localHeader));
  const plain = Object.fromEntries(files);
  return [
    { what: 'a page put in, START-HERE.html', archive: withFile(files, 'START-HERE.html') },
    { what: 'a program put in, verify.py', archive: withFile(files, 'verify.py', 'print("proved")\n') },
    { what: 'a file that leaves the folder, ../../evil.sh', archive: withFile(files, '../../evil.sh') },
    { what: 'a file at the root, /etc/cron.d/evil', archive: withFile(files, '/etc/cron.d/evil') },
    { what: 'a name that differs by case, Report.html', archive: withFile(files, 'Report.html') },
    { what: 'a name that differs by a dot, report.html.', archive: withFile(files, 'report.html.') },
    { what: 'a folder put in', archive: withFile(files, 'proofs/', '') },
    { what: 'a name twice', archive: aliased(archive, 'README.txt') },
    { what: 'one more name for the same bytes', archive: aliased(archive, 'names.txt') },
    { what: 'another local name', archive: written(archive, report, 'rep0rt.html') },
    { what: 'bytes before it', archive: behind(archive, Buffer.from('#!/bin/sh\necho proved\nexit\n')) },
    { what: 'bytes behind it', archive: Buffer.concat([archive, Buffer.from('<p>Approved</p>')]) },
    { what: 'a comment', archive: commented(archive, 'Certified by the auditor') },
    { what: 'packed again, compressed', archive: Buffer.from(zipSync(plain, { level: 9 })) },
    {
      what: 'packed again, with another date',
      archive: Buffer.from(zipSync(plain, { level: 0, mtime: '2026-01-01' })),
    },
  ];
}
