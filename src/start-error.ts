/** hatoba cannot start, and a person can do something about it: one line that says what. */
export class StartError extends Error {}
