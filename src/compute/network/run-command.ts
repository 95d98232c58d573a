import { execFile } from 'node:child_process';

/** Runs one of the system's programs to its end. Rejects with what it printed on stderr, in one line. */
export function runCommand(program: string, args: readonly string[], timeoutMs = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const environment = { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' };
    execFile(program, args, { env: environment, timeout: timeoutMs }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const why = stderr.trim().split('\n').at(-1) || error.message.split('\n', 1)[0];
      reject(new Error(`${program}: ${why}`));
    });
  });
}
