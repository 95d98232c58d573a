import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import { useStatus } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';

/** The address that works on this machine: all load balancers answer on the edge port. */
export function BalancerAddress({ dnsName, path = '/' }: { dnsName: string; path?: string }) {
  const t = useText();
  const edge = useStatus().data?.ports?.edge;
  const host = edge && edge !== 80 ? `${dnsName}:${edge}` : dnsName;
  const url = `http://${host}${path}`;
  return (
    <span className="hatoba-wrap">
      <a className="hatoba-link" href={url} target="_blank" rel="noreferrer">
        {url}
      </a>{' '}
      <CopyToClipboard
        variant="icon"
        textToCopy={url}
        copyButtonAriaLabel={t('action.copy')}
        copySuccessText={t('action.copied')}
        copyErrorText={t('action.copy-failed')}
      />
    </span>
  );
}
