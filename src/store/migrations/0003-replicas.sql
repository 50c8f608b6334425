-- Which replicas are alive, by the database's own clock: what a dead one had in its hands is free at once.

create table cmk.replica (
  name text primary key,
  -- One start of the process: a replica that starts again under its name is another instance.
  instance text not null unique,
  workflow_version text not null,
  seen timestamptz not null
);

alter table cmk.outbox add column leased_by text;

-- The row that starts a run stays until the run is over. Runs that were started before this need theirs back.
insert into cmk.outbox (request_id, kind, key, due_at)
  select request_id, 'run', (regexp_match(body, '"run":(\d+)'))[1], now() from cmk.event
    where body like '%"type":"run-ordered"%' and body ~ '"run":\d+'
      and request_id in (select request_id from cmk.open_request)
  on conflict do nothing;
