/** What the rows are about. */
export const seeded = { agent: 'triage-agent-prod', vault: 'kv-care-prod', key: 'cmk-triage-agent', made: 'cmk-made' };
export const rotated = { agent: 'virtual-visit-agent', vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' };
