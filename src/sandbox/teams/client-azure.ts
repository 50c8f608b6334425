import { askAzure } from './azure-link.ts';
import { type Answer, type Request, type Route, route } from './http.ts';
import type { Teams } from './teams.ts';

/** `/client/azure/…`: local Azure's `/simulator/…`, so that the page needs no certificate and talks to one server only. */
export const clientAzure = (teams: Teams): Route[] =>
  passed.map((each) => {
    const [method = '', what = ''] = each.split(' ');
    return route(method, `/client/azure/${what}`, (request) => passOn(teams, what, request));
  });

const passed = [
  'GET state',
  'PUT state',
  'DELETE state',
  'GET before',
  'GET revision',
  'GET requests',
  'GET faults',
  'POST faults',
  'DELETE faults',
  'GET scenarios',
  'POST scenarios',
  'DELETE scenarios',
  'GET latency',
  'PUT latency',
];

const passOn = (teams: Teams, what: string, request: Request): Promise<Answer> =>
  askAzure(teams, request.method, `/simulator/${what}${request.url.search}`, request.body);
