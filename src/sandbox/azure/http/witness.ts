/** What the request log is told while a request is served. */
export interface Witness {
  /** Who calls; null until that is known. */
  readonly principalId: string | null;
  /** Who calls, as soon as that is known. */
  caller(principalId: string): void;
  /** An action that was wanted of the caller, by role or (data plane) by role on a vault that uses roles, and held. */
  action(name: string): void;
  dataAction(name: string): void;
  /** An application permission of Microsoft Graph that was wanted and held. */
  graphPermission(name: string): void;
}

/** What one request was let through by, without repetitions. */
export interface Exercised {
  readonly actions: readonly string[];
  readonly dataActions: readonly string[];
  readonly graphPermissions: readonly string[];
}

/** Keeps what it is told. */
export class RequestWitness implements Witness {
  principalId: string | null = null;
  private readonly seen = { actions: new Set<string>(), dataActions: new Set<string>(), graph: new Set<string>() };

  caller(principalId: string): void {
    this.principalId = principalId;
  }
  action(name: string): void {
    this.seen.actions.add(name);
  }
  dataAction(name: string): void {
    this.seen.dataActions.add(name);
  }
  graphPermission(name: string): void {
    this.seen.graph.add(name);
  }

  exercised(): Exercised {
    const { actions, dataActions, graph } = this.seen;
    return { actions: [...actions], dataActions: [...dataActions], graphPermissions: [...graph] };
  }
}
