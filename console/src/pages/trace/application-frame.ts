const libraries = [
  /(^|\/)node_modules\//,
  /^(node|bun|deno|ext):/,
  // Of older runtimes: `internal/process/next_tick.js`, `native array.js`.
  /^(internal\/|native($| ))/,
  /(^|\/)(site|dist)-packages\//,
  /^\/usr\/(local\/)?lib\//,
  /^<(anonymous|frozen|builtin)/,
  /^(java|javax|jdk|sun|org\.springframework|org\.apache)\./,
];

/** Whether a stack frame is of the application itself, judged by its path: not a package, not the runtime. */
export function isApplicationFrame(path: string): boolean {
  return path !== '' && !libraries.some((library) => library.test(path.replace(/^file:\/\//, '')));
}
