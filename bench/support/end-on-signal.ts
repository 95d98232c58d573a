/** A bench that is told to end takes its hatoba with it: that one is ended when this process exits, not when it is killed. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
