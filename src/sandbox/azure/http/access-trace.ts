/** Collects, while a request is served, what the request log needs. */
export interface AccessTrace {
  /** The caller; null until known. */
  readonly principalId: string | null;
  /** Sets the caller. */
  caller(principalId: string): void;
  /** Adds an action that was required and allowed by a role. For data actions: by a role on a vault that uses RBAC. */
  action(name: string): void;
  dataAction(name: string): void;
  /** Adds an application permission of Microsoft Graph that was required and granted. */
  graphPermission(name: string): void;
}

/** Permissions that one request used, without duplicates. */
export interface Exercised {
  readonly actions: readonly string[];
  readonly dataActions: readonly string[];
  readonly graphPermissions: readonly string[];
}

export class RequestAccessTrace implements AccessTrace {
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
