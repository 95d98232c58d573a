import { existsSync, readFileSync } from 'node:fs';
import { linkModel, type ServiceMetadata, type ServiceModel } from './model.ts';

/** The generated descriptions in `models/`; a service's model is read when it is first asked for (4 to 30 ms each). */
export interface ModelPack {
  readonly services: ReadonlyMap<string, ServiceMetadata>;
  /** Throws for a service that is not in the pack. */
  load(service: string): ServiceModel;
  /** Names that a credential scope may carry for the service: `monitoring` for cloudwatch. */
  serviceOfSigningName(signingName: string): string | undefined;
}

/** Signing name of a service: what a credential scope and a policy's action call it. */
export function signingName(metadata: ServiceMetadata): string {
  return metadata.signingName ?? metadata.endpointPrefix;
}

export function openModelPack(folder: URL = findModels()): ModelPack {
  const read = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
  const services = new Map<string, ServiceMetadata>(Object.entries(read('index')));
  const bySigningName = new Map<string, string>();
  for (const [id, metadata] of services) {
    bySigningName.set(signingName(metadata), id);
    bySigningName.set(metadata.endpointPrefix, id);
  }
  const loaded = new Map<string, ServiceModel>();
  return {
    services,
    load(service) {
      let model = loaded.get(service);
      if (!model) {
        if (!services.has(service)) throw new Error(`no model of ${service} in ${folder.pathname}`);
        model = linkModel(service, read(service));
        loaded.set(service, model);
      }
      return model;
    },
    serviceOfSigningName: (name) => bySigningName.get(name),
  };
}

/** `models/` beside `src/`, or beside `dist/` when we run built. */
function findModels(): URL {
  for (let up = '../'; up.length <= 21; up += '../') {
    const folder = new URL(`${up}models/`, import.meta.url);
    if (existsSync(new URL('index.json', folder))) return folder;
  }
  throw new Error('the model pack (models/index.json) is not where it belongs; run `npm run build` again');
}
