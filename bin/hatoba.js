#!/usr/bin/env node
import { existsSync, statSync } from 'node:fs';

const compiled = new URL('../dist/cli/main.js', import.meta.url);
const bundled = new URL('../dist/bundle/main.js', import.meta.url);
if (!existsSync(compiled)) {
  console.error('hatoba is not built yet. Run: npm run setup');
  process.exit(1);
}
// The bundle starts twice as fast, but whoever compiles by hand wants to run what was just compiled.
const isCurrent = existsSync(bundled) && statSync(bundled).mtimeMs >= statSync(compiled).mtimeMs;
await import((isCurrent ? bundled : compiled).href);
