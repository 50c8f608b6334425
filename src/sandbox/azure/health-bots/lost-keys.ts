import type { SimulatorState } from '../state/schema.ts';
import { lostKeyProblem } from './customer-key-check.ts';

/**
 * A grant that is gone, a key that is disabled or deleted, a vault that is closed or gone: whether and how an agent shows that
 * it lost its key is not documented, so it does only where the settings say so. It recovers by itself. Returns whether any agent
 * shows something else than before.
 */
export const noticeLostKeys = (state: SimulatorState, now: Date): boolean => {
  let noticed = false;
  for (const agent of state.agents) {
    const lost = state.settings.agentsNoticeLostKeys ? lostKeyProblem(state, agent, now) : null;
    const { lostKey = null } = agent;
    if (lost === lostKey || JSON.stringify(lost) === JSON.stringify(lostKey)) continue;
    noticed = true;
    if (lost === null) delete agent.lostKey;
    else agent.lostKey = lost;
  }
  return noticed;
};
