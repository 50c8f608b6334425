import { describe, expect, it, test } from '@jest/globals';
import { readChannelLink } from '../../../../src/operator/setup/questions/channels.ts';

const tenant = '10000000-0000-4000-8000-000000000000';
const link = (kind: string, id: string, query = `?groupId=71&tenantId=${tenant}`) =>
  `https://teams.microsoft.com/l/${kind}/${encodeURIComponent(id)}/Operations%20of%20care${query}`;

describe('a link that Teams gives for a channel', () => {
  it('holds its id and its name', () => {
    expect(readChannelLink(` ${link('channel', '19:Ops-1_a@thread.tacv2')} `, tenant.toUpperCase())).toEqual({
      kind: 'channel',
      link: { channelId: '19:Ops-1_a@thread.tacv2', name: 'Operations of care' },
    });
  });

  test.each([
    ['may leave the tenant out', link('channel', '19:a@thread.tacv2', '')],
    ['may be the id alone', '19:a@thread.tacv2'],
    [
      'may be on another host of Teams',
      link('channel', '19:a@thread.tacv2').replace('teams.microsoft.com', 'teams.cloud.microsoft'),
    ],
  ])('%s', (_what, given) => {
    expect(readChannelLink(given, tenant)).toMatchObject({ link: { channelId: '19:a@thread.tacv2' } });
  });

  test.each([
    ['of a message', link('message', '19:a@thread.tacv2'), 'This is a link to a message, not to a channel.'],
    ['of a team', link('team', '19:a@thread.tacv2'), 'This is a link to a team, not to a channel.'],
    [
      'of a channel in another tenant',
      link('channel', '19:a@thread.tacv2', '?tenantId=99'),
      'is in another tenant (99)',
    ],
    [
      'of a host that looks like Teams',
      link('channel', '19:a@thread.tacv2').replace('teams.', 'teams-'),
      'not to Teams',
    ],
    ['without an id', link('channel', 'general'), 'The link has no channel ID.'],
    ['that is a word', 'Operations', 'This isn’t a link.'],
    ['that cannot be decoded', 'https://teams.microsoft.com/l/channel/%E0%A4%A/x', 'The link has no channel ID.'],
  ])('%s is refused, with what to do instead', (_what, given, why) => {
    const read = readChannelLink(given, tenant);
    expect(read.kind === 'refused' && read.why).toContain(why);
  });
});
