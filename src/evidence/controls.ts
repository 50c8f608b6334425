/**
 * Where a pack helps with controls: the HIPAA Security Rule by its own numbers (45 CFR part 164, subpart C). Of other
 * frameworks nobody here had the text in force, so no number of theirs is claimed.
 */

export interface Control {
  readonly control: string;
  readonly about: string;
  readonly shows: string;
  readonly leaves: string;
  /** Of the report. */
  readonly sections: string;
}

export const controls: {
  readonly rule: string;
  readonly mapped: readonly Control[];
  readonly toBeConfirmed: readonly string[];
} = {
  rule: 'HIPAA Security Rule, 45 CFR',
  mapped: [
    {
      control: '164.312(a)(2)(iv)',
      about: 'encryption and decryption',
      shows: 'Which key, since when, what proof',
      leaves: 'Whether ePHI is there; older data',
      sections: '3–5',
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
      control: '164.316(b)(2)(i)',
      about: 'retention for six years',
      shows: 'What to keep, how to check it',
      leaves: 'Keeping log and pack as long',
      sections: '7',
    },
  ],
  toBeConfirmed: ['HITRUST CSF', 'ISO/IEC 27001', 'NIST SP 800-53', 'SOC 2'],
};
