import type { Operation, ServiceModel } from './model.ts';

export interface RouteMatch {
  readonly operation: Operation;
  readonly labels: Readonly<Record<string, string>>;
}

interface Route {
  readonly operation: Operation;
  readonly pattern: RegExp;
  readonly labelNames: readonly string[];
  readonly literalSegments: number;
}

/** Finds the operation of a rest-json service whose URI template fits best: most literal segments first. */
export class UriRouter {
  private readonly routes = new Map<string, Route[]>();

  constructor(model: ServiceModel) {
    for (const operation of model.operations.values()) {
      const sameMethod = this.routes.get(operation.http.method) ?? [];
      sameMethod.push(toRoute(operation));
      this.routes.set(operation.http.method, sameMethod);
    }
    for (const sameMethod of this.routes.values()) sameMethod.sort((a, b) => b.literalSegments - a.literalSegments);
  }

  match(method: string, path: string): RouteMatch | undefined {
    for (const route of this.routes.get(method) ?? []) {
      const match = route.pattern.exec(path);
      const labels = match && decodeLabels(route.labelNames, match.slice(1));
      if (labels) return { operation: route.operation, labels };
    }
    return undefined;
  }
}

function toRoute(operation: Operation): Route {
  const path = operation.http.requestUri.split('?')[0]!.replace(/\/$/, '');
  const labelNames: string[] = [];
  let literalSegments = 0;
  const parts = path.split('/').slice(1);
  const source = parts.map((segment) => {
    const label = /^\{([^}+]+)(\+?)\}$/.exec(segment);
    if (!label) {
      literalSegments += 1;
      return `/${segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
    }
    labelNames.push(label[1]!);
    return label[2] ? '/(.+)' : '/([^/]+)';
  });
  return { operation, pattern: new RegExp(`^${source.join('')}/?$`, 's'), labelNames, literalSegments };
}

/** Undefined when a label is not valid percent-encoding: then nothing is there. */
function decodeLabels(names: readonly string[], texts: readonly string[]): Record<string, string> | undefined {
  try {
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(texts[index]!)]));
  } catch {
    return undefined;
  }
}
