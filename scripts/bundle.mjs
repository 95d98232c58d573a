// Puts the compiled server and the libraries that it loads into a few files: reading and linking a thousand modules is
// two thirds of what a start costs. Nothing needs it: without these files bin/hatoba.js runs the compiled ones.
import { rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
const folder = join(dist, 'bundle');
/** Libraries with machine code or files of their own beside them, and what only some commands need. */
const external = /^(?:libsql|chdb|dynalite|express|aws-xray-sdk|@aws-sdk\/.*|@opentelemetry\/.*)$/;

/** A module goes on finding the files that lie beside it. */
const ownAddress = {
  name: 'own-address',
  transform(code, id) {
    if (!id.startsWith(dist) || !code.includes('import.meta.url')) return null;
    const address = relative(folder, id).split('\\').join('/');
    return {
      code: code.replaceAll('import.meta.url', `new URL(${JSON.stringify(address)}, import.meta.url).href`),
      map: null,
    };
  },
};

rmSync(folder, { recursive: true, force: true });
try {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: { main: join(dist, 'cli/main.js') },
    platform: 'node',
    external,
    plugins: [ownAddress],
    onLog(level, log, show) {
      if (level === 'error') show(level, log);
    },
  });
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: false,
  });
  await bundle.close();
} catch (error) {
  rmSync(folder, { recursive: true, force: true });
  console.error(
    `The server stays in single files, which start more slowly: ${error instanceof Error ? error.message : error}`,
  );
}
