/** What is wrong with a pattern, before it becomes the caller's error. */
export class FilterPatternError extends Error {}
