import { type Action, standingOn, store } from './action.ts';

/** Rejects the request. A rejection stored before the run starts overrides any number of approvals. */
export const reject: Action = {
  verb: 'request.reject',
  restsOn: 'clicker',
  async handle(call, ports) {
    const { by, actor, asking, inputs } = call;
    const standing = await standingOn(call, ports);
    const acknowledged = inputs.acknowledgeIrreversible === 'true';
    const command = { do: 'reject', by, actor, asking, standing, acknowledged, comment: inputs.comment } as const;
    return store(call, ports, 'reject', command);
  },
};
