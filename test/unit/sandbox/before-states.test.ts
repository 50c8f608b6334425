import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BeforeStates } from '../../../sandbox/azure/state/files.ts';
import type { SimulatorState } from '../../../sandbox/azure/state/schema.ts';
import { seedRoleDefinitions } from '../../../sandbox/azure/state/seed.ts';

const [role] = seedRoleDefinitions();
const stateWith = (roleName: string) => {
  const roleDefinitions = role === undefined ? [] : [{ ...role, roleName }];
  return { agents: [], vaults: [], roleAssignments: [], roleDefinitions, operations: [] } as never as SimulatorState;
};
const roleIn = (states: BeforeStates) => states.of('an-agent').roleDefinitions[0]?.roleName;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-before-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a new state replaces the files of the old one', () => {
  const states = new BeforeStates(folder, stateWith('first'));
  for (const name of ['second', 'third']) states.restart(stateWith(name));
  expect(roleIn(states)).toBe('third');
  expect(readdirSync(path.join(folder, 'before'))).toHaveLength(1);
  expect(roleIn(new BeforeStates(folder, stateWith('other')))).toBe('third');
});

test('a simulator that ends before it stores a new state can read the old one', () => {
  new BeforeStates(folder, stateWith('first')).restart(stateWith('first'));
  const inTheWay = path.join(folder, 'before.json.new');
  mkdirSync(inTheWay);
  expect(() => new BeforeStates(folder, stateWith('first')).restart(stateWith('second'))).toThrow('EISDIR');
  expect(roleIn(new BeforeStates(folder, stateWith('second')))).toBe('first');
});
