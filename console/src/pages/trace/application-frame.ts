const libraries = [
  /(^|\/)node_modules\//,
  /^(node|internal|native|bun|deno):?/,
  /^node:/,
  /(^|\/)(site|dist)-packages\//,
  /^\/usr\/(local\/)?lib\//,
  /^<(anonymous|frozen|builtin)/,
  /^(java|javax|jdk|sun|org\.springframework|org\.apache)\./,
];

/** Whether a stack frame is of the application itself, judged by its path: not a package, not the runtime. */
export function isApplicationFrame(path: string): boolean {
  return path !== '' && !libraries.some((library) => library.test(path.replace(/^file:\/\//, '')));
}
