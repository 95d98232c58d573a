import { declareFuzzTests } from './fuzz.ts';

const cases = Number(process.env.FUZZ_CASES ?? 1_000_000);
declareFuzzTests(cases, Math.max(60_000, cases * 4));
