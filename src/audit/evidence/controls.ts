/**
 * Mapping of evidence packs and statements to controls. The HIPAA Security Rule by its own numbers (45 CFR part 164, subpart C). Other
 * frameworks by the numbers of Microsoft's Azure Policy initiatives or the frameworks' tables of contents. Someone who has the
 * text in force must confirm each mapping.
 */

export interface ControlMapping {
  readonly control: string;
  readonly about: string;
  readonly shows: string;
  readonly leaves: string;
  /** Sections of the report. */
  readonly sections: string;
}

interface OtherControl {
  readonly control: string;
  readonly shows: string;
  readonly mapping: 'mapping to be confirmed';
}

const unconfirmed = (rows: Readonly<Record<string, string>>): readonly OtherControl[] =>
  Object.entries(rows).map(([control, shows]) => ({ control, shows, mapping: 'mapping to be confirmed' }));

export const controls: {
  readonly rule: string;
  /** Applies to all rows. */
  readonly mapping: 'mapping to be confirmed';
  readonly mapped: readonly ControlMapping[];
  /** By framework. HITRUST CSF is 9.2, as in Azure Policy. */
  readonly others: Readonly<Record<string, readonly OtherControl[]>>;
} = {
  rule: 'HIPAA Security Rule, 45 CFR',
  mapping: 'mapping to be confirmed',
  mapped: [
    {
      control: '164.312(a)(2)(iv)',
      about: 'encryption and decryption',
      shows: 'Which key, set when, what proof',
      leaves: 'Whether ePHI is there; older data',
      sections: '3–5',
    },
    {
      control: '164.312(a)(2)(ii)',
      about: 'emergency access procedure',
      shows: 'Who controls the key; recovery',
      leaves: 'The procedure itself',
      sections: '3, 6',
    },
    {
      control: '164.312(b)',
      about: 'audit controls',
      shows: 'Who did what; rewriting is found',
      leaves: 'Who holds the witness',
      sections: '7',
    },
    {
      control: '164.312(d)',
      about: 'person or entity authentication',
      shows: 'Who acted, how they were known',
      leaves: 'Entra’s own logs',
      sections: '2',
    },
    {
      control: '164.308(a)(1)(ii)(D)',
      about: 'information system activity review',
      shows: 'Material, and a place to sign',
      leaves: 'The review itself',
      sections: '10',
    },
    {
      control: '164.308(a)(7)',
      about: 'contingency plan',
      shows: 'What losing the key would lose',
      leaves: 'Backups and their tests',
      sections: '6',
    },
    {
      control: '164.316(b)(2)(i)',
      about: 'retention for six years',
      shows: 'What to keep, how to check it',
      leaves: 'Keeping log and pack as long',
      sections: '7',
    },
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

/** What a statement answers of the same controls, by its sections. */
export const statementControls: readonly ControlMapping[] = [
  {
    control: '164.312(a)(2)(iv)',
    about: 'encryption and decryption',
    shows: 'Which agents have an approved key, and which differ',
    leaves: 'Whether ePHI is there; older data',
    sections: '2',
  },
  {
    control: '164.312(b)',
    about: 'audit controls',
    shows: 'All events count; rewriting is found',
    leaves: 'Who holds the witness',
    sections: '1, 5',
  },
  {
    control: '164.308(a)(1)(ii)(D)',
    about: 'information system activity review',
    shows: 'What changed, what was accepted, a place to sign',
    leaves: 'The review itself',
    sections: '1, 3, 7',
  },
  {
    control: '164.316(b)(2)(i)',
    about: 'retention for six years',
    shows: 'What to keep, how to check it',
    leaves: 'Keeping log and statement as long',
    sections: '5',
  },
];

/** Of other frameworks, by the end of their numbers. */
export const statementOthers: readonly string[] = ['09.o', '09.aa', 'A.8.15', 'A.8.24'];
