/** Azure's short names, as people read them. */

const parts =
  /(north|south|east|west|central|europe|asia|us|uk|india|japan|korea|australia|brazil|canada|france|germany|norway|sweden|switzerland|italy|poland|spain|uae|qatar|israel|mexico|southafrica|\d+)/g;
const upper = new Set(['us', 'uk', 'uae']);

/** `westeurope` is `West Europe`; a region this does not know stays as it is. */
export function regionWords(location: string): string {
  const found = location.match(parts) ?? [];
  if (found.join('') !== location) return location;
  return found
    .map((part) => (upper.has(part) ? part.toUpperCase() : part.charAt(0).toUpperCase() + part.slice(1)))
    .join(' ');
}

/** The first eight digits of a key version, enough to tell two apart. */
export const shortVersion = (version: string): string => version.slice(0, 8);
