/** IDs of channels, as Teams has them: `19:…@thread.tacv2`. */
import { z } from 'zod';

const id = /^19:[^\s/?#%]+@[\w.]+$/;

/** Percent-encoded, as in a link, it is the same ID. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The channel's ID in a link of Teams; null where it is none. */
const inLink = (text: string): string | null => {
  const part = /^https?:\/\/[^/]+\/l\/channel\/([^/?#]+)/i.exec(text)?.[1];
  const found = part === undefined ? null : decoded(part);
  return found !== null && id.test(found) ? found : null;
};

function wrong(text: string): string {
  const linked = inLink(text);
  if (linked !== null) return `is a link; set the ID of its channel, which is ${linked}`;
  return `must be the ID of a channel, such as 19:0a1b2c@thread.tacv2, not ${text}; cmk-bot setup --set takes a link to the channel`;
}

/** `none`: what else it can be. */
const channelOr = (none: string | null) =>
  z
    .string()
    .trim()
    .transform((text, context) => {
      const channel = decoded(text);
      if (text === none || id.test(channel)) return channel;
      context.addIssue({ code: 'custom', message: wrong(text) });
      return z.NEVER;
    });

export const channel = channelOr(null);
export const channelOrNone = channelOr('none');
