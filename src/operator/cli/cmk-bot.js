#!/usr/bin/env node
/** `npx cmk-bot` right after `npm ci`: there is no build step, so TypeScript is read as it is. */
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
