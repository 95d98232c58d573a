/** Commands whose work is more than what they print: they go on when nobody reads it any more. */
const working = new Set(['start', 'demo']);

/** Ends a command whose reader has gone (`hatoba traces | head`), and keeps a server from dying of it. */
export function watchReader(command: string | undefined): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (!working.has(command ?? '')) process.exit(0);
    });
  }
}
