import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `examples/shop` beside the built command line (`dist/cli/demo`) and beside its source (`cli/demo`). */
export const shopDirectory = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../../examples/shop' : '../../examples/shop', import.meta.url),
);

export const shopServices = ['frontend', 'bff', 'backend1', 'backend2'] as const;
export type ShopService = (typeof shopServices)[number];

/** A definition of `examples/shop/ecs` with its `${NAME}` placeholders filled in, as envsubst would. */
export function readShopDefinition<Definition>(
  name: `${ShopService}.${'task-definition' | 'service'}`,
  values: Readonly<Record<string, string>>,
): Definition {
  const text = readFileSync(join(shopDirectory, 'ecs', `${name}.json`), 'utf8');
  return JSON.parse(
    text.replace(/\$\{([A-Z0-9_]+)\}/g, (_, key: string) => {
      const value = values[key];
      if (value === undefined) throw new Error(`${name}.json names \${${key}}, which is not known`);
      return value;
    }),
  ) as Definition;
}
