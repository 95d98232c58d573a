#!/usr/bin/env node
import { existsSync } from 'node:fs';

const entry = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(entry)) {
  console.error('hatoba is not built yet. Run: npm run setup');
  process.exit(1);
}
await import(entry.href);
