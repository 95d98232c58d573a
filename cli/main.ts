import { Command, InvalidArgumentError, Option } from 'commander';
import { CommandError } from './command-error.ts';
import { watchReader } from './output/broken-pipe.ts';

const program = new Command('hatoba')
  .description('An ECS, X-Ray and CloudWatch that you own.')
  .version('0.1.0')
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('(hatoba --help lists the commands)');

const withConnection = (command: Command): Command =>
  command
    .option('--endpoint <url>', 'which hatoba to talk to (default: AWS_ENDPOINT_URL, else the one of --data-dir)')
    .option('--data-dir <directory>', 'data directory of the hatoba to talk to (default: .hatoba)')
    .option('--region <name>', 'region (default: AWS_REGION, else us-east-1)')
    .option('--account <id>', '12-digit account id');

/** A number above 0, `max` at most; anything else is one line that says so. */
const positive =
  (max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (value > 0 && value <= max) return value;
    throw new InvalidArgumentError(`It must be a number above 0, and ${max} at most.`);
  };

const withServerOptions = (command: Command): Command =>
  command
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port of the AWS endpoint and the console; 0 picks a free one (default: 4566)', Number)
    .option('--xray-port <number>', 'X-Ray daemon port, UDP and TCP (default: 2000)', Number)
    .option('--otlp-http-port <number>', 'OTLP over HTTP (default: 4318)', Number)
    .option('--otlp-grpc-port <number>', 'OTLP over gRPC (default: 4317)', Number)
    .option('--edge-port <number>', 'one port for all load balancers (default: 8080)', Number)
    .option('--data-dir <directory>', 'where everything is kept (default: .hatoba)')
    .addOption(
      new Option('--runtime <name>', 'what runs tasks (default: process)').choices(['process', 'docker', 'fake']),
    )
    .addOption(
      new Option('--network <mode>', 'network of tasks (default: auto)').choices(['auto', 'namespace', 'loopback']),
    )
    .addOption(new Option('--on-stop <what>', 'what SIGTERM does with tasks (default: stop)').choices(['stop', 'keep']))
    .option('--config <file>', 'settings file (default: hatoba.yaml here, if there is one)')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent (default: warn)');

withServerOptions(program.command('start'))
  .description('start hatoba and stay in the foreground')
  .addHelpText('after', '\nExamples:\n  hatoba start\n  hatoba start --port 0 --data-dir /tmp/h --runtime fake\n')
  .action(async (options) => (await import('./commands/start.ts')).start(options));

withServerOptions(program.command('demo'))
  .description('start hatoba, deploy the shop and keep traffic on it')
  .option('--for <seconds>', 'end by itself after this time', positive(2_000_000))
  .option('--rate <number>', 'requests per second', positive(500), 4)
  .addHelpText('after', '\nExamples:\n  hatoba demo\n  hatoba demo --for 60\n')
  .action(async (options) => (await import('./commands/demo.ts')).demo(options));

withConnection(program.command('drill'))
  .description('break the running shop for real, or undo it')
  .argument('<name>', 'slow-backend or revoke-permission')
  .option('--undo', 'put it right again')
  .addHelpText('after', '\nExamples:\n  hatoba drill slow-backend\n  hatoba drill slow-backend --undo\n')
  .action(async (name, options) => (await import('./commands/drill.ts')).drill(name, options));

withConnection(program.command('env'))
  .description('print the exports that a shell needs to use this hatoba')
  .addHelpText('after', '\nExample:\n  eval "$(hatoba env)"\n')
  .action(async (options) => (await import('./commands/env.ts')).env(options));

withConnection(program.command('status'))
  .description('what runs here and whether it is well')
  .option('--json', 'machine-readable')
  .action(async (options) => (await import('./commands/status.ts')).status(options));

withConnection(program.command('logs'))
  .description('print log events of a log group, oldest first')
  .argument('[group]', 'log group; without it the groups are listed')
  .option('--follow', 'go on as events arrive')
  .option('--filter <pattern>', 'CloudWatch filter pattern, e.g. \'"ERROR"\' or \'{ $.level = "error" }\'')
  .option('--stream <name>', 'one log stream only')
  .option('--since <duration>', 'how far back: 30s, 10m, 2h, 1d', '10m')
  .option('--json', 'one JSON object a line')
  .addHelpText(
    'after',
    '\nExamples:\n  hatoba logs\n  hatoba logs /ecs/shop/bff --follow\n  hatoba logs /ecs/shop/backend2 --filter AccessDenied --since 1h\n',
  )
  .action(async (group, options) => (await import('./commands/logs.ts')).logs(group, options));

withConnection(program.command('map'))
  .description('the trace map as text: services, calls, latencies, faults')
  .option('--since <duration>', 'how far back', '10m')
  .option('--json', 'the answer of GetServiceGraph')
  .action(async (options) => (await import('./commands/map.ts')).map(options));

withConnection(program.command('traces'))
  .description('list traces, newest first')
  .option('--filter <expression>', 'X-Ray filter expression, e.g. \'service("bff") AND responsetime > 1\'')
  .option('--since <duration>', 'how far back', '10m')
  .addOption(new Option('--sort <by>', 'order').choices(['newest', 'slowest']).default('newest'))
  .option('--limit <number>', 'at most this many', positive(10_000), 20)
  .option('--json', 'the trace summaries')
  .addHelpText(
    'after',
    '\nExamples:\n  hatoba traces --sort slowest\n  hatoba traces --filter \'service("backend2") AND fault\'\n',
  )
  .action(async (options) => (await import('./commands/traces.ts')).traces(options));

withConnection(program.command('trace'))
  .description(
    'one trace: timeline with its critical path, exceptions and their causes, deployments, throttles, SQL, logs',
  )
  .argument('<id>', 'trace id: 1-67890abc-..., or 32 hex digits')
  .option(
    '--row <number>',
    'one row only: all that is known of it, with its metadata and raw document',
    positive(10_000_000),
  )
  .option('--compare <id>', 'another trace beside this one')
  .option('--all', 'every row, exception, frame and statement')
  .option('--json', 'the answer of BatchGetTraces, and all else under `hatoba`')
  .addHelpText(
    'after',
    '\nExamples:\n  hatoba trace 1-6b025b5e-c26b28e5dfc40277cded2249\n  hatoba trace 1-6b025b5e-c26b28e5dfc40277cded2249 --row 3\n',
  )
  .action(async (id, options) => (await import('./commands/trace.ts')).trace(id, options));

watchReader(process.argv[2]);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommandError || (error as Error).constructor.name === 'ConfigError') {
    console.error(`hatoba: ${(error as Error).message}`);
  } else if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') {
    console.error('hatoba: nothing answers at that address. Is it running? Start it with: hatoba start');
  } else if ((error as { $metadata?: unknown }).$metadata) {
    const { name, message } = error as Error;
    console.error(`hatoba: ${name}: ${message}`);
  } else {
    console.error(error);
  }
  process.exitCode = 1;
}
