-- What was said of agents alone is said of every kind of resource.

alter table cmk.open_request rename column agent to resource;
