/**
 * Links that Teams gives for a channel: "Get link to channel" (Microsoft's "Deep links to a channel"). The id in them is what the
 * bot needs, and nobody can read it there.
 */

export interface ChannelLink {
  /** `19:…@thread.tacv2` */
  readonly channelId: string;
  readonly name: string;
  /** In lower case; null where the link does not say. */
  readonly tenantId: string | null;
  /** Of the Entra group behind the team. */
  readonly groupId: string | null;
}

export type ReadLink =
  | { readonly kind: 'channel'; readonly link: ChannelLink }
  | { readonly kind: 'refused'; readonly why: string };

const refused = (why: string): ReadLink => ({ kind: 'refused', why });

const isChannelId = (text: string): boolean => /^19:[^\s/?#]+@thread\.(tacv2|skype)$/i.test(text);

const howTo = 'In the channel’s menu choose “Get link to channel”.';

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What a pasted text means as a channel: a link, or the id itself. `tenantId`: the only one that is served. */
export function readChannelLink(text: string, tenantId: string): ReadLink {
  const given = text.trim();
  if (isChannelId(given)) {
    return { kind: 'channel', link: { channelId: given, name: given, tenantId: null, groupId: null } };
  }
  if (!URL.canParse(given)) return refused(`That is no link. ${howTo}`);
  const url = new URL(given);
  if (!/^(teams\.microsoft\.(com|us)|teams\.cloud\.microsoft|[\w.]+\.teams\.microsoft\.us)$/.test(url.hostname)) {
    return refused(`That is a link to ${url.hostname}, not to Teams. ${howTo}`);
  }
  const [, l, kind = '', id = '', name = ''] = url.pathname.split('/');
  if (l !== 'l' || kind !== 'channel')
    return refused(`That is a link to a ${kind || 'page'}, not to a channel. ${howTo}`);
  const channelId = decoded(id);
  if (!isChannelId(channelId)) return refused(`That link holds no channel’s id. ${howTo}`);
  const its = url.searchParams.get('tenantId')?.toLowerCase() ?? null;
  if (its !== null && its !== tenantId.toLowerCase()) {
    return refused(`That channel is in another tenant (${its}). The bot serves ${tenantId} alone.`);
  }
  const link = { channelId, name: decoded(name), tenantId: its, groupId: url.searchParams.get('groupId') };
  return { kind: 'channel', link };
}
