import { commands } from '../../../../src/operations/commands/registry.ts';
import { InboundActivity } from '../../../../src/teams/bot/activity.ts';
import { costOf } from '../../../../src/teams/bot/verbs.ts';

/** That a command or a button costs what it reads of Azure: test/long/call-costs.test.ts. */
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
const typed = (text: string) => costOf(activity({ text }));
const clicked = (verb: string) =>
  costOf(activity({ type: 'invoke', name: 'adaptiveCard/action', value: { action: { verb, data: {} } } }));

it('what reads the record or Azure counts for more than a click', () => {
  for (const { name, weight } of commands) expect([name, typed(name).clicks > 1]).toEqual([name, weight !== 'light']);
  for (const text of ['cmk-history CMK-7F3K9Q', '  /CMK-HISTORY', '/cmk-requests']) {
    expect(typed(text)).toEqual({ clicks: 5, azureCalls: 16 });
  }
});

it('a command that is begun by a button weighs what it does when it is typed', () => {
  for (const { name } of commands)
    for (const on of ['help', 'welcome']) expect(clicked(`${on}.${name.slice(1)}`)).toEqual(typed(name));
  expect(clicked('help.nothing')).toEqual({ clicks: 1, azureCalls: 0 });
});

it('a button that says what was meant weighs what it says', () => {
  for (const text of ['/cmk-history', '/enable-cmk triage', '/cmk-help', 'nonsense']) {
    const action = { verb: 'typed.meant', data: { text } };
    expect(costOf(activity({ type: 'invoke', name: 'adaptiveCard/action', value: { action } }))).toEqual(typed(text));
  }
  expect(clicked('typed.help')).toEqual(typed('/cmk-help'));
});

it('what is no command is light, whatever it looks like', () => {
  for (const text of ['', '/nothing', 'x'.repeat(10_000)]) expect(typed(text)).toEqual({ clicks: 1, azureCalls: 0 });
  for (const verb of ['constructor', '__proto__', 'toString'])
    expect(clicked(verb)).toEqual({ clicks: 1, azureCalls: 0 });
  expect(costOf(activity({ type: 'invoke', name: 'adaptiveCard/action', value: null }))).toEqual({
    clicks: 1,
    azureCalls: 0,
  });
});
