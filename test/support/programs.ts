import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

const programs = {
  browser: { install: 'apt-get install -y chromium fonts-noto-cjk', find: () => works('chromium', ['--version']) },
  awscli: { install: 'apt-get install -y awscli', find: () => works('aws', ['--version']) },
  python: {
    install: 'apt-get install -y python3-boto3 python3-flask python3-aws-xray-sdk',
    find: () => pythonWith('boto3, flask, aws_xray_sdk') !== undefined,
  },
} as const;

export type Program = keyof typeof programs;

const required = new Set((process.env.HATOBA_TEST_REQUIRE ?? '').split(',').filter(Boolean));

/**
 * Tests that need a program which is not part of Node. Without it they are skipped by a name that says how to install
 * it; with HATOBA_TEST_REQUIRE naming it, its absence is a failure.
 */
export function describeWith(program: Program, title: string, tests: () => void): void {
  const { install, find } = programs[program];
  if (find()) return void describe(title, tests);
  if (required.has(program)) {
    return void describe(title, () => {
      throw new Error(`${program} is required and not there; install it with: ${install}`);
    });
  }
  describe.skip(`${title} (needs ${program}: ${install})`, tests);
}

/** A Python that can import `modules`: the one on the path, or Debian's own. */
export function pythonWith(modules: string): string | undefined {
  return ['python3', '/usr/bin/python3'].find((python) => works(python, ['-c', `import ${modules}`]));
}

/** Every `aws` there is: version 1 and version 2 may be installed side by side. */
export function awsCommands(): string[] {
  return ['aws', '/usr/bin/aws'].filter(
    (command, i, all) => works(command, ['--version']) && versionOf(command) !== versionOf(all[i - 1]),
  );
}

const versionOf = (command: string | undefined): string | undefined =>
  command && spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout.split(' ')[0];

function works(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0;
}
