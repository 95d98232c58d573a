// Brings a checkout to the point where it can run: dependencies installed, server and console built. Does only what is
// stale, uses nothing but Node's own modules, and says what it is doing.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.hatoba-setup.json');
const oldest = [20, 19];
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

await main();

async function main() {
  checkNodeVersion();
  const stamp = readStamp();
  const dependencies = fingerprint(['package.json', 'package-lock.json', 'console/package.json']);
  if (stamp.dependencies !== dependencies || !existsSync(join(root, 'node_modules', 'typescript'))) {
    await run('installing dependencies (the database engine is large: this takes a minute or two)', npm, [
      'install',
      // The compiler is needed here, whatever NODE_ENV or `omit` say.
      '--include=dev',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]);
    await installEngine();
    // npm may have rewritten the lock file for this platform, so look again.
    writeStamp({ dependencies: fingerprint(['package.json', 'package-lock.json', 'console/package.json']) });
  }
  const server = fingerprint(['src', 'cli', 'tsconfig.json', 'tsconfig.build.json', 'scripts/bundle.mjs']);
  if (stamp.server !== server || !existsSync(join(root, 'dist/cli/main.js'))) {
    await run('building the server', process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      'tsconfig.build.json',
    ]);
    await run('copying assets', process.execPath, ['scripts/copy-assets.mjs']);
    await run('bundling the server', process.execPath, ['scripts/bundle.mjs']);
    writeStamp({ server });
  }
  const console_ = fingerprint([
    'console/src',
    'console/index.html',
    'console/vite.config.mjs',
    'console/package.json',
    'console/scripts',
  ]);
  if (stamp.console !== console_ || !existsSync(join(root, 'console/dist/index.html'))) {
    await run('building the console', npm, ['run', 'build', '--workspace', 'console', '--silent']);
    writeStamp({ console: console_ });
  }
}

function checkNodeVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  fail(`Node ${process.versions.node} is too old: hatoba needs Node ${oldest.join('.')} or newer.`);
}

/** The engine's library for this platform can be missing from the lock file when that was written on another one. */
async function installEngine() {
  const engine = JSON.parse(readFileSync(join(root, 'node_modules/chdb/package.json'), 'utf8'));
  const libc = process.platform === 'linux' ? '-gnu' : '';
  const name = `@chdb/lib-${process.platform}-${process.arch}${libc}`;
  const version = engine.optionalDependencies?.[name];
  if (version === undefined) fail(`The database engine does not exist for ${process.platform} ${process.arch}.`);
  if (existsSync(join(root, 'node_modules', name))) return;
  await run(`installing the database engine for ${process.platform} ${process.arch}`, npm, [
    'install',
    '--include=dev',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `${name}@${version}`,
  ]);
}

/** A hash over names, sizes and contents of the given files and folders. */
function fingerprint(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) if (name !== 'node_modules') visit(join(path, name));
      return;
    }
    hash.update(path.slice(root.length)).update(readFileSync(path));
  };
  for (const path of paths) visit(join(root, path));
  return hash.digest('hex');
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
}

function writeStamp(part) {
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, JSON.stringify({ ...readStamp(), ...part }, null, 2));
}

/** Runs a step with a line that shows that it goes on; its output is shown only when it fails. */
function run(title, command, args) {
  const startedMs = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedMs) / 1000)} s`;
  const live = process.stderr.isTTY;
  process.stderr.write(live ? `\r${title} ...` : `${title} ...\n`);
  const timer = setInterval(
    () => process.stderr.write(live ? `\r${title} ... ${seconds()}` : `  ${seconds()}\n`),
    live ? 1000 : 15_000,
  );
  const useShell = process.platform === 'win32';
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: useShell });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  return new Promise((resolve) => {
    child.on('error', (error) => fail(`${title}: ${error.message}`));
    child.on('close', (code) => {
      clearInterval(timer);
      process.stderr.write(live ? `\r${title}: done in ${seconds()}     \n` : `${title}: done in ${seconds()}\n`);
      if (code === 0) return resolve();
      process.stderr.write(Buffer.concat(output));
      fail(`${title}: failed with exit code ${code}`);
    });
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
