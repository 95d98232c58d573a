import { CommandError } from '../command-error.ts';
import { type ConnectionOptions, connectionFrom } from '../instance.ts';
import { explainRefusal, signedFetch } from '../signed-fetch.ts';

interface Status {
  ports: { xray: number; otlpHttp: number; otlpGrpc: number; edge: number };
}

/** `export` lines for a POSIX shell: everything that AWS tools, X-Ray SDKs and OpenTelemetry need to find this hatoba. */
export async function env(options: ConnectionOptions): Promise<void> {
  const connection = connectionFrom(options);
  const answer = await signedFetch(connection, '/_hatoba/status').catch(() => undefined);
  if (answer?.status === 403) throw new CommandError(await explainRefusal(answer, connection));
  if (!answer?.ok) throw new CommandError(`nothing answers at ${connection.endpoint}; start it with: hatoba start`);
  const { ports } = (await answer.json()) as Status;
  const { credentials } = connection;
  const host = new URL(connection.endpoint).hostname;
  const variables: Record<string, string> = {
    AWS_ENDPOINT_URL: connection.endpoint,
    // Keys that the shell has already are not repeated on the screen.
    ...(credentials.secretAccessKey !== process.env.AWS_SECRET_ACCESS_KEY && {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
    AWS_REGION: connection.region,
    AWS_DEFAULT_REGION: connection.region,
    // Some operations put a prefix before the host name, and data-127.0.0.1 does not exist.
    AWS_DISABLE_HOST_PREFIX_INJECTION: 'true',
    AWS_XRAY_DAEMON_ADDRESS: `${host}:${ports.xray}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${host}:${ports.otlpHttp}`,
  };
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${quoted(value)}`);
}

/** As one word of a shell, whatever is in it. */
const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
