import type { Status } from '../../api/hatoba.ts';
import { useText } from '../../i18n/text.ts';

/** What this hatoba is: version, runtime, network and the ports it listens on. */
export function Installation({ status }: { status: Status }) {
  const t = useText();
  const facts: [string, string | number][] = [
    ['hatoba', status.version ?? '-'],
    [t('settings.runtime'), status.runtime ?? '-'],
    [t('definition.network'), [status.network?.mode, status.network?.reason].filter(Boolean).join(': ') || '-'],
    ...Object.entries(status.ports ?? {}).map(([name, port]): [string, number] => [t('settings.port', { name }), port]),
  ];
  return (
    <section className="hatoba-box">
      <div className="hatoba-label">{t('settings.installation')}</div>
      <dl className="hatoba-facts hatoba-facts-wide">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {status.runtime === 'process' && <p className="hatoba-soft">{t('settings.no-sandbox')}</p>}
    </section>
  );
}
