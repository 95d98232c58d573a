import { type LoggerOptions, type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

/** Without a serializer of its own an Error would be written as `{}`: pino knows those under `err` only. */
export const loggerOptions = (level: string): LoggerOptions => ({
  level,
  base: undefined,
  timestamp: pino.stdTimeFunctions.isoTime,
  serializers: { error: pino.stdSerializers.err },
});

/** JSON lines on stderr: stdout belongs to what a person or a script asked for. */
export function createLogger(level: string): Logger {
  const stderr = pino.destination(2);
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read the log has gone: no reason to take tasks and telemetry along.
    if (error.code !== 'EPIPE') throw error;
  });
  return pino(loggerOptions(level), stderr);
}

export const silentLogger: Logger = pino({ level: 'silent' });
