import { commands } from '../../../../src/commands/registry.ts';
import { InboundActivity } from '../../../../src/teams/conversation/activity.ts';
import { weightOf } from '../../../../src/teams/conversation/weight-of.ts';

const activity = (changes: Record<string, unknown>) =>
  InboundActivity.parse({
    type: 'message',
    channelId: 'msteams',
    serviceUrl: 'https://smba.trafficmanager.net/emea/',
    from: { id: '29:a' },
    recipient: { id: '28:bot' },
    conversation: { id: 'a:1' },
    ...changes,
  });
const typed = (text: string) => weightOf(activity({ text }));
const clicked = (verb: string) =>
  weightOf(activity({ type: 'invoke', name: 'adaptiveCard/action', value: { action: { verb, data: {} } } }));

it('what reads the record or Azure counts for more than a click', () => {
  for (const { name, weight } of commands) expect([name, typed(name).cost > 1]).toEqual([name, weight !== 'light']);
  for (const text of ['cmk-history CMK-7F3K9Q', '  /CMK-HISTORY', '/cmk-requests']) {
    expect(typed(text)).toEqual({ cost: 5, queued: true });
  }
});

it('a page of a list waits with the lists, and a click on a request waits for nothing', () => {
  expect(clicked('list.page')).toEqual({ cost: 5, queued: true });
  for (const verb of ['request.approve', 'request.reject', 'form.next']) {
    expect(clicked(verb)).toEqual({ cost: 1, queued: false });
  }
});

it('a command that is begun by a button weighs what it does when it is typed', () => {
  for (const { name } of commands)
    for (const on of ['help', 'welcome']) expect(clicked(`${on}.${name.slice(1)}`)).toEqual(typed(name));
  expect(clicked('help.nothing')).toEqual({ cost: 1, queued: false });
});

it('a button that says what was meant weighs what it says', () => {
  for (const text of ['/cmk-history', '/enable-cmk triage', '/cmk-help', 'nonsense']) {
    const action = { verb: 'typed.meant', data: { text } };
    expect(weightOf(activity({ type: 'invoke', name: 'adaptiveCard/action', value: { action } }))).toEqual(typed(text));
  }
  expect(clicked('typed.help')).toEqual(typed('/cmk-help'));
});

it('what is no command is light, whatever it looks like', () => {
  for (const text of ['', '/nothing', 'x'.repeat(10_000)]) expect(typed(text)).toEqual({ cost: 1, queued: false });
  expect(weightOf(activity({ type: 'invoke', name: 'adaptiveCard/action', value: null }))).toEqual({
    cost: 1,
    queued: false,
  });
});
