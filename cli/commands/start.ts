import type { Config } from '../../src/config.ts';
import { CommandError } from '../command-error.ts';

export interface ServerOptions extends Partial<Config> {
  config?: string;
}

/** Runs hatoba in this process until SIGTERM or SIGINT. Its last line on stdout, `hatoba ready`, says that it serves. */
export async function start(options: ServerOptions): Promise<void> {
  const { config: configFile, ...flags } = options;
  const { loadConfig } = await import('../../src/config.ts');
  const config = loadConfig(flags, process.env, process.cwd(), configFile);
  const { startHatoba, StartError } = await import('../../src/main.ts');
  let stopping: Promise<void> | undefined;
  try {
    const hatoba = await startHatoba(config);
    const stop = (signal: NodeJS.Signals) => {
      // A second Ctrl-C of an impatient person must not skip the clean-up.
      stopping ??= (async () => {
        process.stderr.write(`hatoba: ${signal}: stopping\n`);
        await hatoba.stop();
        process.exit(0);
      })();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    await hatoba.ready;
    for (const line of hatoba.readyLines()) process.stdout.write(`${line}\n`);
  } catch (error) {
    // What could not be started because it was stopped meanwhile is no failure.
    if (stopping) return stopping;
    if (error instanceof StartError) throw new CommandError(error.message);
    throw error;
  }
}
