import { type Action, clickerStatus, store } from './action.ts';

/** Rejects the request. A rejection stored before the run starts overrides any number of approvals. */
export const reject: Action = {
  verb: 'request.reject',
  requiresStandingOf: 'clicker',
  async handle(call, ports) {
    const { by, actor, asking, inputs } = call;
    const roleStatus = await clickerStatus(call, ports);
    const acknowledged = inputs.acknowledgeIrreversible === 'true';
    const command = { do: 'reject', by, actor, asking, roleStatus, acknowledged, comment: inputs.comment } as const;
    return store(call, ports, 'reject', command);
  },
};
