import { useStatus } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { Empty } from '../../parts/states.tsx';

/** No trace in the range: how to send one to this very installation. */
export function NothingYet() {
  const t = useText();
  const ports = useStatus().data?.ports;
  const otlp = ports?.otlpHttp ?? 4318;
  const xray = ports?.xray ?? 2000;
  const host = window.location.hostname;
  return (
    <Empty
      title={t('map.nothing')}
      command={[
        `# ${t('map.nothing-xray')}`,
        `export AWS_XRAY_DAEMON_ADDRESS=${host}:${xray}`,
        `# ${t('map.nothing-otel')}`,
        `export OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:${otlp}`,
      ].join('\n')}
      listening
    >
      {t('map.nothing-hint')}
    </Empty>
  );
}
