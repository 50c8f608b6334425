-- The record: a chain of events that can only grow.

create table cmk.chain_head (
  one int primary key check (one = 1),
  seq bigint not null,
  hash text not null,
  -- Time of the last event: the next one is never earlier, whatever a replica's clock says.
  time text
);
insert into cmk.chain_head values (1, 0, repeat('0', 64), null);

create table cmk.event (
  seq bigint primary key,
  request_id text not null,
  revision int not null,
  cause text not null,
  n int not null,
  -- RFC 8785 canonical JSON, the very bytes that are hashed: text, because jsonb would not keep them.
  body text not null,
  prev text not null unique,
  hash text not null unique,
  unique (request_id, revision),
  unique (request_id, cause, n)
);
create index event_submitted on cmk.event (seq desc) where revision = 1;

create function cmk.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'cmk.% only grows: % is refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger event_only_grows before update or delete on cmk.event
  for each row execute function cmk.refuse_change();
create trigger event_is_not_emptied before truncate on cmk.event
  for each statement execute function cmk.refuse_change();
create trigger head_stays before delete on cmk.chain_head
  for each row execute function cmk.refuse_change();
create trigger head_is_not_emptied before truncate on cmk.chain_head
  for each statement execute function cmk.refuse_change();

-- What people wrote: outside the chain, which holds a salted commitment to it, so that it can be erased.
create table cmk.free_text (
  request_id text not null,
  revision int not null,
  field text not null,
  salt text not null,
  text text not null,
  primary key (request_id, revision, field)
);

-- The only derived row that rules anything: at most one open request an agent.
create table cmk.open_request (
  agent text primary key,
  request_id text not null
);
create index open_request_by_request on cmk.open_request (request_id);

-- What must follow from the events. Versions come from a sequence, so that a row written again after it was finished
-- is never taken for the finished one.
create sequence cmk.outbox_version;
create table cmk.outbox (
  request_id text not null,
  kind text not null,
  key text not null,
  due_at timestamptz not null,
  attempts int not null default 0,
  version bigint not null default nextval('cmk.outbox_version'),
  leased_until timestamptz,
  leased_version bigint,
  primary key (request_id, kind, key)
);
create index outbox_due on cmk.outbox (due_at);
