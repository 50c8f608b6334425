-- What came of asking witnesses to sign the published log. That one knows another history is kept until an operator says otherwise.
create table cmk.witness (
  -- The log's name: another log is another history.
  log text not null,
  -- The witness's whole verifier key: another key is another witness.
  key text not null,
  since timestamptz not null,
  asked_size bigint not null,
  asked_at timestamptz not null,
  outcome text not null,
  detail text not null,
  signed_size bigint,
  signed_at timestamptz,
  contradicted_at timestamptz,
  contradiction text,
  -- The checkpoint that it would not sign.
  shown text,
  cleared_at timestamptz,
  cleared_by text,
  -- Whether people were told of the contradiction, and not yet of its end.
  told boolean not null default false,
  primary key (log, key)
);
