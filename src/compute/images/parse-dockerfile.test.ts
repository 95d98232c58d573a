import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDockerfile } from './parse-dockerfile.ts';

test('the facts of an ordinary Dockerfile', () => {
  const facts = parseDockerfile(`
# syntax=docker/dockerfile:1
FROM node:20-slim
ARG VERSION=3
WORKDIR /usr/src
WORKDIR app
COPY package.json ./
COPY --chown=node:node . .
RUN npm ci \\
    # a comment in between
    && npm cache clean --force
ENV NODE_ENV=production GREETING="hello \\"you\\"" VERSION_TEXT=v\${VERSION} FALLBACK=\${NOTHING:-none}
ENV OLD style with spaces
EXPOSE 80/tcp 8080
USER node
STOPSIGNAL SIGINT
HEALTHCHECK --interval=10s --timeout=1m30s --retries=5 --start-period=500ms CMD curl -f http://localhost/ || exit 1
ENTRYPOINT ["node", "--enable-source-maps"]
CMD ["server.js"]
`);
  expect(facts).toEqual({
    workingDirectory: '/usr/src/app',
    copyRoot: '/usr/src/app',
    environment: {
      NODE_ENV: 'production',
      GREETING: 'hello "you"',
      VERSION_TEXT: 'v3',
      FALLBACK: 'none',
      OLD: 'style with spaces',
    },
    entryPoint: ['node', '--enable-source-maps'],
    command: ['server.js'],
    user: 'node',
    stopSignal: 'SIGINT',
  });
});

test('only the last stage counts, with what it inherits from an earlier one', () => {
  const facts = parseDockerfile(`
FROM node:20 AS base
ENV A=1
CMD ["base.js"]
FROM base AS build
ENV B=2
CMD ["build.js"]
FROM base
ENV C=3
COPY --from=build . /elsewhere
`);
  expect(facts.environment).toEqual({ A: '1', C: '3' });
  expect(facts.command).toEqual(['base.js']);
  expect(facts.copyRoot).toBeUndefined();
});

test('a shell form is run by a shell, and so is a broken array', () => {
  expect(parseDockerfile('CMD node server.js').command).toEqual(['/bin/sh', '-c', 'node server.js']);
  expect(parseDockerfile("CMD ['node']").command).toEqual(['/bin/sh', '-c', "['node']"]);
});

test('an entry point forgets the command before it', () => {
  const facts = parseDockerfile('CMD ["a"]\nENTRYPOINT ["b"]\n');
  expect(facts.command).toEqual([]);
});

test('what is inside a here-document is not an instruction', () => {
  expect(parseDockerfile('RUN <<EOF\nCMD ["wrong"]\nEOF\nCMD ["right"]\n').command).toEqual(['right']);
});

test('any text gives facts', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseDockerfile(text) !== undefined));
  const words = fc.constantFrom(
    'ENV',
    'FROM',
    'CMD',
    'COPY',
    '[',
    '"',
    '=',
    '$',
    '{',
    '}',
    '\\',
    '\n',
    ' ',
    '<<A',
    'x',
    '--a=b',
  );
  fc.assert(fc.property(fc.array(words), (parts) => parseDockerfile(parts.join(' ')) !== undefined));
});
