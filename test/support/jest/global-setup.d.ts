// biome-ignore lint/style/noDefaultExport: Jest calls it
export default function setup(): void;
