/** Something a person can act on: printed as one line, exit code 1. Anything else is a bug and prints its stack. */
export class CommandError extends Error {}
