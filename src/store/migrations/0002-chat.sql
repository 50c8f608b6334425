-- What the chat edge remembers: what was shown where, where it can talk, who is called what, and the state of forms.

create table cmk.shown (
  request_id text not null,
  audience text not null,
  conversation_id text not null,
  activity_id text not null,
  fingerprint text not null,
  primary key (request_id, audience)
);

create sequence cmk.conversation_seen;
create table cmk.conversation (
  conversation_id text primary key,
  service_url text not null,
  tenant_id text not null,
  person_id text,
  seen bigint not null default nextval('cmk.conversation_seen')
);
create index conversation_by_tenant on cmk.conversation (tenant_id, seen desc);
create index conversation_by_person on cmk.conversation (person_id, seen desc) where person_id is not null;

create table cmk.person (
  id text primary key,
  member_id text not null,
  name text not null
);

-- ETags come from a sequence, so that a document deleted and made again never has an old one.
create sequence cmk.document_etag;
create table cmk.document (
  key text primary key,
  -- JSON as text: jsonb refuses characters that JSON can hold.
  value text not null,
  etag bigint not null default nextval('cmk.document_etag'),
  changed_at timestamptz not null
);
create index document_changed on cmk.document (changed_at);
