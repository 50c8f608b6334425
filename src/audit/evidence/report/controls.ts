/**
 * Mapping of evidence packs to controls, and the report's section with it. The HIPAA Security Rule by its own numbers (45 CFR
 * part 164, subpart C). Other frameworks by the numbers of Microsoft's Azure Policy initiatives or the frameworks' tables of
 * contents. Someone who has the text in force must confirm each mapping.
 */
import { type Column, type Html, html, htmlTable, id, section } from './page.ts';

const subjects = {
  '164.312(a)(2)(iv)': 'encryption and decryption',
  '164.312(a)(2)(ii)': 'emergency access procedure',
  '164.312(b)': 'audit controls',
  '164.312(d)': 'person or entity authentication',
  '164.308(a)(1)(ii)(D)': 'information system activity review',
  '164.308(a)(7)': 'contingency plan',
  '164.316(b)(2)(i)': 'retention for six years',
} as const;

/** `shows`: what the document shows. `leaves`: what readers still need. */
const mapped = (control: keyof typeof subjects, shows: string, leaves: string, sections: string) => ({
  control,
  about: subjects[control],
  shows,
  leaves,
  sections,
});

const mapping = 'mapping to be confirmed';

const unconfirmed = (rows: Readonly<Record<string, string>>) =>
  Object.entries(rows).map(([control, shows]) => ({ control, shows, mapping }));

/** HITRUST CSF is 9.2, as in Azure Policy. */
export const controls = {
  rule: 'HIPAA Security Rule, 45 CFR',
  mapping,
  mapped: [
    mapped('164.312(a)(2)(iv)', 'Which key, set when, what proof', 'Whether ePHI is there; older data', '2–4'),
    mapped('164.312(a)(2)(ii)', 'Who controls the key; recovery', 'The procedure itself', '1, 5'),
    mapped('164.312(b)', 'Who did what; rewriting is found', 'Who holds the witness', '1, 6'),
    mapped('164.312(d)', 'Who acted, how they were known', 'Entra’s own logs', '1'),
    mapped('164.308(a)(1)(ii)(D)', 'Material, and a place to sign', 'The review itself', '9'),
    mapped('164.308(a)(7)', 'What losing the key would lose', 'Backups and their tests', '5'),
    mapped('164.316(b)(2)(i)', 'What to keep, how to check it', 'Keeping log and pack as long', '6'),
  ],
  others: {
    'HITRUST CSF 9.2': unconfirmed({
      '0304.09o3Organizational.1 - 09.o': 'Encryption at rest with a customer-managed key',
      '1202.09aa1System.1 - 09.aa': 'A secure audit record of each change',
      '1635.12b1Organizational.2 - 12.b': 'Soft delete and purge protection of the vault',
    }),
    'SOC 2': unconfirmed({
      'CC6.1': 'Logical access: which identity can use the key, who controls it, encryption at rest',
      'CC8.1': 'Change management: request, reason, approval by another person, what was changed, check afterwards',
    }),
    'ISO/IEC 27001:2022': unconfirmed({
      'A.5.3': 'Segregation of duties: never approved by the requester',
      'A.5.15': 'Access control: the rule that applied, and who could approve',
      'A.5.28': 'Collection of evidence',
      'A.8.15': 'Logging: events in a log that can be verified',
      'A.8.24': 'Use of cryptography: key, version, level of proof',
      'A.8.32': 'Change management: planned, approved, carried out as planned',
    }),
  },
};

const numberOf = (control: string): string => control.split(' - ').at(-1) ?? '';

export function controlsSection(number: number): Html {
  const rows = controls.mapped.map(
    ({ control, about, shows, leaves, sections }) =>
      html`<tr><th scope="row">${control} <span class="what">${about}</span></th><td>${shows}</td><td>${leaves}</td><td>${sections}</td></tr>\n`,
  );
  const columns: readonly Column[] = [
    ['Control', 77],
    ['What this pack shows'],
    ['What you still need', 46],
    ['Section', 13],
  ];
  const others = Object.entries(controls.others).map(
    ([framework, rows]) => `${framework}: ${rows.map(({ control }) => numberOf(control)).join(', ')}`,
  );
  return section(
    number,
    'Related controls',
    html`${htmlTable(number, `${controls.rule}. An aid for readers, not a statement of compliance. Confirm each mapping.`, columns, rows)}
<p class="full">${others.join('; ')}. Confirm the mapping: see ${id('controls.json')}.</p>`,
  );
}
