/** What `infra/` would have Azure make, with settings as somebody would choose them. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Declaration, readBicep } from './bicep.ts';
import { deployed, type Made } from './bicep-deployment.ts';
import type { Value } from './bicep-values.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const main = `${root}infra/main.bicep`;
const modules = readdirSync(`${root}infra/modules`).map((name) => `${root}infra/modules/${name}`);
/** The files by their paths, the main one first. */
export const files: readonly (readonly [string, readonly Declaration[]])[] = [main, ...modules].map((file) => [
  file.slice(root.length),
  readBicep(readFileSync(file, 'utf8')),
]);

const subscription = '40000000-0000-4000-8000-000000000009';
export const chosen = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];
export const person = '20000000-0000-4000-8000-000000000002';
export const given = {
  environmentName: 'prod',
  location: 'westeurope',
  image: 'registry.example/cmk-bot:1',
  adminId: '20000000-0000-4000-8000-000000000001',
  adminName: 'admin@care.example',
  subscriptions: chosen.join(', '),
  requesters: '60000000-0000-4000-8000-000000000001',
  approvers: person,
  approvalsChannel: '19:approvals@thread.tacv2',
  auditChannel: '19:audit@thread.tacv2',
};
type Given = Partial<Record<keyof typeof given, string>> & Readonly<Record<string, string>>;
export const deploy = (change: Given = {}) => deployed(main, { ...given, ...change }, subscription);
export const everything = deploy({ stepUp: 'c1', stepUpAppId: person, stepUpAppSecret: 'the-secret' }).made;

export const ofType = (made: readonly Made[], type: string): readonly Made[] => made.filter((one) => one.type === type);
export function only(made: readonly Made[], type: string): Made {
  const [one, ...more] = ofType(made, type);
  if (one === undefined || more.length > 0) throw new Error(`${more.length + 1} of ${type}`);
  return one;
}

/** What lies at a path of names and numbers. */
export const at = (value: Value | undefined, ...names: readonly (string | number)[]): Value | undefined =>
  names.reduce<Value | undefined>((found, name) => {
    if (Array.isArray(found)) return found[Number(name)];
    return typeof found === 'object' && found !== null
      ? Object.entries(found).find(([key]) => key === name)?.[1]
      : undefined;
  }, value);
export const listAt = (value: Value | undefined, ...names: readonly (string | number)[]): readonly Value[] => {
  const found = at(value, ...names);
  return Array.isArray(found) ? found : [];
};

export const app = (made: readonly Made[]) => only(made, 'Microsoft.App/containerApps').body;
export const containerOf = (made: readonly Made[]) => at(app(made), 'properties', 'template', 'containers', 0);
export const variablesOf = (made: readonly Made[]): ReadonlyMap<string, Value | undefined> =>
  new Map(listAt(containerOf(made), 'env').map((one) => [String(at(one, 'name')), at(one, 'value')]));
/** As the container gets them. */
export const environmentOf = (made: readonly Made[], secret = '') =>
  Object.fromEntries(
    [...variablesOf(made)].map(([name, value]) => [name, value === undefined ? secret : String(value)]),
  );
