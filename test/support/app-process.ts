import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface AppProcess {
  readonly url: string;
  readonly port: number;
  /** Lines printed on stdout after it listened. */
  lines(): readonly string[];
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program that prints `listening on PORT`, and waits for that line. */
export async function startApp(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<AppProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  running.add(child);
  const exited = new Promise<null>((resolve) => child.once('close', () => resolve(null)));
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const lines: string[] = [];
  const port = await Promise.race([
    exited,
    new Promise<string>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const match = /^listening on (\d+)$/.exec(line);
        if (match) resolve(match[1]!);
        else lines.push(line);
      });
    }),
  ]);
  if (port === null) throw new Error(`${command} ${args.join(' ')} ended before it listened:\n${errors}`);
  return {
    url: `http://127.0.0.1:${port}/`,
    port: Number(port),
    lines: () => lines,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      running.delete(child);
    },
  };
}
