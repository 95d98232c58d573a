import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { newDirectory } from './support/temporary-directory.ts';

const root = resolve(import.meta.dirname, '..');
const anywhere = ['stores', 'wire', 'platform'];

/** Plane -> the planes whose door (`index.ts`) it may import. Type-only imports count. */
const mayImport: Record<string, readonly string[]> = {
  platform: [],
  wire: [],
  stores: ['wire', 'platform'],
  identity: anywhere,
  metrics: anywhere,
  logs: [...anywhere, 'metrics'],
  traces: [...anywhere, 'metrics', 'logs'],
  traffic: [...anywhere, 'metrics'],
  alarms: [...anywhere, 'metrics', 'logs', 'traces'],
  compute: [...anywhere, 'identity', 'metrics', 'logs', 'traces', 'traffic', 'alarms'],
  tables: [...anywhere, 'identity'],
  canaries: [...anywhere, 'metrics', 'logs', 'traces', 'alarms'],
  autoscaling: [...anywhere, 'metrics', 'alarms', 'compute'],
  stacks: anywhere,
  overview: [
    ...anywhere,
    'identity',
    'metrics',
    'logs',
    'traces',
    'traffic',
    'alarms',
    'compute',
    'canaries',
    'tables',
  ],
  gateway: [...anywhere, 'identity'],
};

/** Folders and files that decide and touch nothing: no store, no clock, no network. */
const pure = [
  'alarms/composite-rule.ts',
  'alarms/evaluate-alarm.ts',
  'alarms/judge-alarm.ts',
  'alarms/state-reason.ts',
  'canaries/parse-schedule.ts',
  'compute/agent/container-health.ts',
  'compute/agent/container-order.ts',
  'compute/images/image-name.ts',
  'compute/images/parse-dockerfile.ts',
  'compute/network/choose-subnet.ts',
  'compute/scheduler/',
  'gateway/security-error.ts',
  'identity/evaluate-condition.ts',
  'identity/evaluate-policy.ts',
  'identity/match-ip-range.ts',
  'identity/match-pattern.ts',
  'logs/filter/',
  'logs/multiline/',
  'logs/partition-batch.ts',
  'metrics/align-start.ts',
  'metrics/compute-statistic.ts',
  'metrics/expressions/',
  'overview/choose-deployments.ts',
  'overview/compare-windows.ts',
  'overview/judge.ts',
  'overview/plan-windows.ts',
  'stores/telemetry/retention.ts',
  'traces/filter/compile-condition.ts',
  'traces/filter/compile-filter.ts',
  'traces/filter/expression.ts',
  'traces/filter/match-root-cause.ts',
  'traces/filter/parse-filter.ts',
  'traces/filter/scanner.ts',
  'traces/graph/',
  'traces/insights/decide-insights.ts',
  'traces/insights/describe-insight.ts',
  'traces/insights/detect-anomaly.ts',
  'traces/insights/expected-band.ts',
  'traces/insights/find-root-cause.ts',
  'traces/insights/judge-node.ts',
  'traces/insights/node-history.ts',
  'traces/links/add-link-edges.ts',
  'traces/links/to-link-rows.ts',
  'traces/receive/infer-target.ts',
  'traces/receive/parse-document.ts',
  'traces/receive/span-to-documents.ts',
  'traces/receive/to-rows.ts',
  'traces/settle/decide-thinning.ts',
  'traces/settle/plan-reading.ts',
  'traces/settle/plan-settling.ts',
  'traces/trace/',
  'traffic/health/next-target-state.ts',
  'traffic/proxy/choose-target.ts',
  'traffic/proxy/select-listener.ts',
];
const impure = [
  /^node:(net|http|http2|dgram|fs|child_process|dns|worker_threads)/,
  /^(undici|libsql|kysely|@clickhouse)/,
  /stores\//,
  /platform\/(clock|logger|ids)/,
];

interface Import {
  file: string;
  target: string;
}

function sourceFiles(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) return name === 'node_modules' ? [] : sourceFiles(path);
    return /\.ts$/.test(name) ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => ({ file, target: match[1]! }));
}

function violations(source: string): { seen: number; broken: string[] } {
  const files = sourceFiles(source);
  const broken: string[] = [];
  for (const file of files) {
    const path = relative(source, file);
    const plane = path.split('/')[0]!;
    for (const { target } of importsOf(file)) {
      if (pure.some((p) => path.startsWith(p)) && !path.includes('.test.') && impure.some((p) => p.test(target))) {
        broken.push(`${path} is pure and must not import ${target}`);
      }
      if (!target.startsWith('.') || !path.includes('/')) continue;
      const targetPath = relative(source, resolve(dirname(file), target));
      const targetPlane = targetPath.split('/')[0]!;
      if (targetPlane === plane || path.includes('.test.') || path.includes('.contract.')) continue;
      const allowed = mayImport[plane]?.includes(targetPlane) ?? false;
      const throughDoor = anywhere.includes(targetPlane) || targetPath === `${targetPlane}/index.ts`;
      if (!allowed || !throughDoor) broken.push(`${path} must not import ${targetPath}`);
    }
  }
  return { seen: files.length, broken };
}

test('planes import each other only downwards and only through their doors', () => {
  const { seen, broken } = violations(join(root, 'src'));
  expect(seen).toBeGreaterThan(100); // a check that saw nothing proves nothing
  expect(broken).toEqual([]);
});

test('each folder and file that is named as pure is there', () => {
  const paths = sourceFiles(join(root, 'src')).map((file) => relative(join(root, 'src'), file));
  expect(pure.filter((name) => !paths.some((path) => path.startsWith(name)))).toEqual([]);
});

test('a planted forbidden import is caught', () => {
  const source = newDirectory('hatoba-architecture-');
  const plant = (path: string, text: string) => {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), text);
  };
  plant('metrics/index.ts', `import { x } from '../traces/index.ts';`);
  plant(
    'compute/index.ts',
    `import type { x } from '../traffic/proxy/rules.ts';\nexport {} from '../traffic/index.ts';`,
  );
  plant('compute/scheduler/place-task.ts', `const fs = await import('node:fs');`);
  expect(violations(source)).toEqual({
    seen: 3,
    broken: [
      'compute/index.ts must not import traffic/proxy/rules.ts',
      'compute/scheduler/place-task.ts is pure and must not import node:fs',
      'metrics/index.ts must not import traces/index.ts',
    ],
  });
});

test('the command line and the console know hatoba by HTTP only', () => {
  const broken = sourceFiles(join(root, 'cli'))
    .filter((file) => !file.includes('.test.'))
    .flatMap(importsOf)
    .filter(({ target }) => /\.\.\/src\//.test(target) && !/src\/(wire|platform|config|main)/.test(target))
    .map(({ file, target }) => `${relative(root, file)} must not import ${target}`);
  expect(broken).toEqual([]);
});

test('no file is too long to read', () => {
  const tooLong = ['src', 'cli']
    .flatMap((folder) => sourceFiles(join(root, folder)))
    .filter((file) => !file.includes('.test.') && readFileSync(file, 'utf8').split('\n').length > 400)
    .map((file) => relative(root, file));
  expect(tooLong).toEqual([]);
});
