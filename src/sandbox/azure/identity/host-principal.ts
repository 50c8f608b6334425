/** The principal the managed identity endpoints answer for at first: the bot's own. */
export const hostPrincipalId = '50000000-0000-4000-8000-000000000002';
