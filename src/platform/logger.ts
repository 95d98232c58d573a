import { type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

/** JSON lines on stderr: stdout belongs to what a person or a script asked for. */
export function createLogger(level: string): Logger {
  const stderr = pino.destination(2);
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read the log has gone: no reason to take tasks and telemetry along.
    if (error.code !== 'EPIPE') throw error;
  });
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, stderr);
}

export const silentLogger: Logger = pino({ level: 'silent' });
