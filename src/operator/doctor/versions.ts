/** Whether what runs is still mended by whoever made it. */
import { ownVersion } from '../../config/version.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { command } from './commands.ts';
import { about, type DoctorEnvironment, fail, ok, warn } from './subjects.ts';

const subject = about('config/versions', 'versions');

/** When support of each even line of Node.js ends (the Node.js release schedule). Odd ones are never for production. */
const nodeEnds: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  22: '2027-04-30',
  24: '2028-04-30',
  26: '2029-04-30',
};
const newest = 24;

/** Too old to run at all, past its end, or neither. */
export function judgeNode(version: string, now: Date): 'too-old' | 'ended' | 'fine' {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) return 'too-old';
  if (major > Math.max(...Object.keys(nodeEnds).map(Number))) return 'fine';
  return Date.parse(nodeEnds[major] ?? '') > now.getTime() ? 'fine' : 'ended';
}

export async function diagnoseVersions({ config }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const node = process.version;
  const found = `cmk-bot ${await ownVersion()} on Node.js ${node.slice(1)}`;
  const judged = judgeNode(node, new Date());
  const remedy = {
    who: 'whoever keeps the machine or the image',
    commands: [command('nvm', 'install', String(newest))],
  };
  if (judged === 'too-old') return [fail(subject, found, 'It needs Node.js 20.19 or later.', remedy)];
  // Nobody's keys rest on a trial on one machine.
  if (judged === 'fine' || config.server.mode === 'local') return [ok(subject, found)];
  const mend =
    'Support of this line of Node.js has ended: what is found in it is not mended. The Dockerfile has a newer one.';
  return [warn(subject, found, mend, remedy)];
}
