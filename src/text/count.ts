/** `1 step`, `3 steps` */
export const countOf = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
