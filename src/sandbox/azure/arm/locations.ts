interface Region {
  readonly name: string;
  readonly displayName: string;
}

/** The regions that the simulator has, from Microsoft's list. */
export const regions: readonly Region[] = [
  'East US',
  'East US 2',
  'West US 2',
  'North Europe',
  'West Europe',
  'UK South',
  'Sweden Central',
].map((displayName) => ({ name: displayName.toLowerCase().replaceAll(' ', ''), displayName }));
