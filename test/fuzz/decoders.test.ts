import { declareFuzzTests } from './fuzz.ts';

// A few thousand cases at each commit; `npm run test:nightly` runs a million.
declareFuzzTests(6000, 60_000);
