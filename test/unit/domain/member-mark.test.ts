import { type Controller, memberMark, ownControl } from '../../../src/domain/control.ts';

const [person, other, group] = ['p', 'q', 'g'];
const controller = (change: Partial<Controller>): Controller => ({
  ...{ id: other, type: 'person', can: ['copy'], name: null, members: null },
  ...change,
});
const of = (...controllers: readonly Controller[]) => ownControl({ controllers: [...controllers] }, person);
const people = (...members: readonly string[]) => members.map((one) => memberMark(group, one));

it('knows somebody by their own permissions, and by a group that they are in', () => {
  expect(of(controller({ id: person }))).toEqual({ known: 'yes', through: null });
  const custodians = controller({ id: group, type: 'group', name: 'Key custodians', people: people(other, person) });
  expect(of(custodians)).toEqual({ known: 'yes', through: 'Key custodians' });
  expect(of({ ...custodians, name: null })).toEqual({ known: 'yes', through: group });
});

it('says no only when every controller is known', () => {
  const strangers = controller({ id: group, type: 'group', people: people(other), apps: [] });
  expect(of(controller({}), strangers, controller({ type: 'bot' }))).toEqual({ known: 'no' });
  for (const unread of ['people', 'apps'] as const)
    expect(of({ ...strangers, [unread]: undefined })).toEqual({ known: 'not', groups: 1, apps: 0, others: 0 });
  expect(of(controller({ type: 'app' }))).toEqual({ known: 'not', groups: 0, apps: 1, others: 0 });
  const withApps = { ...strangers, apps: people('app', 'another') };
  expect(of(controller({ type: 'app' }), withApps)).toEqual({ known: 'not', groups: 0, apps: 3, others: 0 });
  expect(of(controller({ type: 'unknown' }))).toEqual({ known: 'not', groups: 0, apps: 0, others: 1 });
});

it('takes a mark of another group for nobody', () => {
  const mark = memberMark('another', person);
  expect(of(controller({ id: group, type: 'group', people: [mark], apps: [] }))).toEqual({ known: 'no' });
});
